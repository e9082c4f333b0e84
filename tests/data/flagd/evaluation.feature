Feature: What flags answer

  Background:
    Given an evaluator

  Scenario Outline: Values, variants and reasons
    Given a <type>-flag with key "<key>" and a fallback value "<fallback>"
    When the flag was evaluated with details
    Then the resolved details value should be "<value>"
    And the reason should be "<reason>"

    Examples:
      | key       | type    | fallback | value | reason   |
      | plain     | Boolean | false    | true  | STATIC   |
      | asleep    | Boolean | false    | false | DISABLED |
      | undecided | String  | mine     | mine  | DEFAULT  |
      | count     | Integer | 3        | 12    | STATIC   |
      | count     | Float   | 3        | 12    | STATIC   |

  Scenario Outline: Targeting by what is known of a tenant
    Given a String-flag with key "<key>" and a fallback value "fallback"
    And a context containing a key "<name>", with type "String" and with value "<given>"
    When the flag was evaluated with details
    Then the resolved details value should be "<value>"
    And the reason should be "<reason>"

    Examples:
      | key                    | name    | given      | value | reason          |
      | by-tier                | tier    | gold       | new   | TARGETING_MATCH |
      | by-tier                | tier    | free       | old   | DEFAULT         |
      | by-tier                | other   | gold       | old   | DEFAULT         |
      | by-reference           | city    | Köln\\"Süd | new   | TARGETING_MATCH |
      | by-reference           | city    | Köln       | old   | TARGETING_MATCH |
      | through-two-references | city    | Köln\\"Süd | new   | TARGETING_MATCH |
      | through-two-references | city    | Paris      | new   | TARGETING_MATCH |
      | through-two-references | city    | Rome       | old   | TARGETING_MATCH |
      | versions               | version | 2.1.0      | new   | TARGETING_MATCH |
      | versions               | version | 2.0.9      | old   | TARGETING_MATCH |
      | versions               | version | v3         | new   | TARGETING_MATCH |
      | versions               | version | soon       | old   | TARGETING_MATCH |
      | prefix                 | tenant  | eu-alder   | new   | TARGETING_MATCH |
      | prefix                 | tenant  | us-alder   | old   | TARGETING_MATCH |

  Scenario Outline: A boolean of a rule names the variant of that name, and types are not mixed up
    Given a String-flag with key "truth" and a fallback value "fallback"
    And a context containing a key "one", with type "<type>" and with value "<given>"
    When the flag was evaluated with details
    Then the resolved details value should be "<value>"

    Examples:
      | type    | given | value |
      | Integer | 1     | yes   |
      | Boolean | true  | no    |
      | Integer | 1     | yes   |
      | String  | 1     | yes   |

  Scenario Outline: Fractional v2 by tenant
    Given a String-flag with key "ten-percent" and a fallback value "fallback"
    And a context containing a targeting key with value "<tenant>"
    When the flag was evaluated with details
    Then the bucket of flag and tenant decides

    Examples:
      | tenant            |
      | alder-clinic      |
      | northgate-freight |
      | t-1               |
      | t-2               |
      | t-3               |
      | t-4               |
      | t-5               |
      | t-6               |
      | t-7               |
      | t-8               |
      | t-9               |
      | t-10              |

  Scenario: Fractional without a tenant
    Given a String-flag with key "ten-percent" and a fallback value "fallback"
    When the flag was evaluated with details
    Then the resolved details value should be "old"
    And the evaluator complained about "targetingKey"

  Scenario Outline: Objects
    Given a Object-flag with key "limits" and a fallback value "{}"
    And a context containing a key "business_line", with type "String" and with value "<line>"
    When the flag was evaluated with details
    Then the resolved details value should be "<value>"

    Examples:
      | line   | value                 |
      | health | {\"error_rate\": 0.2} |
      | retail | {\"error_rate\": 0.6} |

  Scenario Outline: Errors keep the fallback
    Given a <type>-flag with key "<key>" and a fallback value "<fallback>"
    When the flag was evaluated with details
    Then the resolved details value should be "<fallback>"
    And the reason should be "ERROR"
    And the error-code should be "<code>"

    Examples:
      | key            | type    | fallback | code           |
      | nobody         | Boolean | true     | FLAG_NOT_FOUND |
      | plain          | String  | mine     | TYPE_MISMATCH  |
      | count          | Boolean | true     | TYPE_MISMATCH  |
      | wrong-variant  | String  | mine     | GENERAL        |
      | wrong-operator | String  | mine     | PARSE_ERROR    |
      | lost-reference | String  | mine     | PARSE_ERROR    |

  Scenario: Metadata of the flag wins over that of the file
    Given a Integer-flag with key "count" and a fallback value "1"
    When the flag was evaluated with details
    Then the resolved metadata should contain
      | key   | metadata_type | value |
      | owner | String        | us    |
      | set   | String        | ours  |

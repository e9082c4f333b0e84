package reduced

import rego.v1

matches(m) if {
	every name in ["task_type", "tier", "privacy", "business_line"] {
		open_or_listed(m, name)
	}
	small(m)
}

open_or_listed(m, name) if not m[name]

open_or_listed(m, name) if input[name] in m[name]

small(m) if not m.most_input

small(m) if input.input_tokens <= m.most_input

taken contains place if {
	some place, candidate in data.routes
	matches(candidate.match)
}

route := min(taken)

kept contains [cost, place] if {
	some place, name in data.routes[route].candidates
	d := data.deployments[name]
	input.level <= d.privacy
	every feature in input.features {
		feature in d.capabilities
	}
	input.input_tokens + input.output_tokens <= d.context
	input.output_tokens <= d.output
	d.health >= 0.8
	d.latency <= input.sla
	cost := (input.input_tokens * d.price_in) + (input.output_tokens * d.price_out)
	cost <= input.budget
}

chosen := data.routes[route].candidates[min(kept)[1]]

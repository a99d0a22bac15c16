/** Histogram of the requests that were answered. */
export const requests = 'http_server_request_duration_seconds'

/** Picks those for what a shop asks, without probes and metrics. */
export const calls = 'http_route!~"/(livez|readyz|metrics)"'

/** Picks those that give recommendations. */
export const recommending = 'http_route=~".*recommendations"'

/** The most that one evaluation of one expression may cost. */
export const PER_CALL_LIMIT = 1_000_000
/** The most that all rules of one object, or all validations of one policy binding, may cost together. */
export const RUNTIME_COST_BUDGET = 10_000_000
/** The most that all match conditions of one webhook or policy binding may cost together. */
export const MATCH_CONDITIONS_COST_BUDGET = 2_500_000
/** The longest text that a message expression may give, in bytes. */
export const EVALUATED_MESSAGE_BYTES_MAX = 5 * 1024
/** The largest request, in bytes, from which estimates take how much there can be of anything without a limit of its own. */
export const REQUEST_BYTES_MAX = 3 * 1024 * 1024

import { dns1123Subdomain } from "./dns.ts"
import { byteLength, doesNotMatch, EMPTY, tooManyBytes } from "./rules.ts"

const NAME = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
const VALUE = `(${NAME})?`
const namePattern = new RegExp(`^${NAME}$`)
const valuePattern = new RegExp(`^${VALUE}$`)
const NAME_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const VALUE_RULE = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`
export const LABEL_NAME_LENGTH_MAX = 63
export const LABEL_VALUE_LENGTH_MAX = 63

const nameMismatch = () => doesNotMatch(NAME_RULE, NAME, "MyName", "my.name", "123-abc")

/** Keys that were found valid. Objects have few different ones, and each write checks them all. */
const KNOWN_MAX = 2048
const KNOWN_LENGTH_MAX = 128
const known = new Set<string>()

/** A label or annotation key: an optional DNS subdomain and `/`, then a name. */
export function qualifiedName(value: string): readonly string[] {
  if (known.has(value)) return NO_PROBLEMS
  const problems = problemsOf(value)
  if (problems.length === 0 && value.length <= KNOWN_LENGTH_MAX) {
    if (known.size >= KNOWN_MAX) known.clear()
    known.add(value)
  }
  return problems
}

const NO_PROBLEMS: readonly string[] = []

function problemsOf(value: string): readonly string[] {
  const parts = value.split("/")
  if (parts.length > 2) {
    return [
      `a valid label key ${nameMismatch()} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const name = parts.at(-1) ?? ""
  const problems: string[] = []
  const prefix = parts.length === 2 ? parts[0] : undefined
  if (prefix === "") problems.push(`prefix part ${EMPTY}`)
  else if (prefix !== undefined) problems.push(...dns1123Subdomain(prefix).map(prefixProblem))
  if (name === "") problems.push(`name part ${EMPTY}`)
  else if (byteLength(name) > LABEL_NAME_LENGTH_MAX) problems.push(`name part ${tooManyBytes(LABEL_NAME_LENGTH_MAX)}`)
  if (!namePattern.test(name)) problems.push(`name part ${nameMismatch()}`)
  return problems
}

function prefixProblem(problem: string): string {
  // Inside a key the subdomain's length is counted in bytes; on its own Kubernetes says characters.
  return `prefix part ${problem.replace(/ characters$/, " bytes")}`
}

export function labelValue(value: string): readonly string[] {
  const problems: string[] = []
  if (byteLength(value) > LABEL_VALUE_LENGTH_MAX) problems.push(tooManyBytes(LABEL_VALUE_LENGTH_MAX))
  if (!valuePattern.test(value)) problems.push(doesNotMatch(VALUE_RULE, VALUE, "MyValue", "my_value", "12345"))
  return problems
}

import { SUBDOMAIN_LENGTH_MAX } from "./dns.ts"
import { between, byteLength, doesNotMatch, EMPTY, tooManyCharacters } from "./rules.ts"

const C_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
const ENV_NAME = "[-._a-zA-Z][-._a-zA-Z0-9]*"
const CONFIG_KEY = "[-._a-zA-Z0-9]+"
const HEADER_NAME = "[-A-Za-z0-9]+"
const PERCENT = "[0-9]+%"
const whole = (expression: string) => new RegExp(`^${expression}$`)
const cIdentifierPattern = whole(C_IDENTIFIER)
const envNamePattern = whole(ENV_NAME)
const configKeyPattern = whole(CONFIG_KEY)
const headerNamePattern = whole(HEADER_NAME)
const percentPattern = whole(PERCENT)

export function cIdentifier(value: string): readonly string[] {
  if (cIdentifierPattern.test(value)) return []
  const rule =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'"
  return [doesNotMatch(rule, C_IDENTIFIER, "my_name", "MY_NAME", "MyName")]
}

/** The old, narrow rule for environment variables. */
export function environmentName(value: string): readonly string[] {
  const problems: string[] = []
  if (!envNamePattern.test(value)) {
    const rule =
      "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit"
    problems.push(doesNotMatch(rule, ENV_NAME, "my.env-name", "MY_ENV.NAME", "MyEnvName1"))
  }
  return [...problems, ...folderPrefix(value)]
}

/** The rule since Kubernetes 1.32: any printable ASCII but `=`. */
export function relaxedEnvironmentName(value: string): readonly string[] {
  const problems: string[] = []
  if (value === "") problems.push(`environment variable name ${EMPTY}`)
  if (!/^[ -<>-~]*$/.test(value)) {
    problems.push("a valid environment variable name must consist only of printable ASCII characters other than '='")
  }
  return problems
}

/** A key of a ConfigMap or Secret. */
export function configKey(value: string): readonly string[] {
  const problems: string[] = []
  if (byteLength(value) > SUBDOMAIN_LENGTH_MAX) problems.push(tooManyCharacters(SUBDOMAIN_LENGTH_MAX))
  if (!configKeyPattern.test(value)) {
    const rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    problems.push(doesNotMatch(rule, CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
  }
  return [...problems, ...folderPrefix(value)]
}

function folderPrefix(value: string): readonly string[] {
  if (value === ".") return ["must not be '.'"]
  if (value === "..") return ["must not be '..'"]
  return value.startsWith("..") ? ["must not start with '..'"] : []
}

export function httpHeaderName(value: string): readonly string[] {
  if (headerNamePattern.test(value)) return []
  const rule = "a valid HTTP header must consist of alphanumeric characters or '-'"
  return [doesNotMatch(rule, HEADER_NAME, "X-Header-Name")]
}

export function percent(value: string): readonly string[] {
  if (percentPattern.test(value)) return []
  const rule = "a valid percent string must be a numeric string followed by an ending '%'"
  return [doesNotMatch(rule, PERCENT, "1%", "93%")]
}

/** An IANA service name, as a named port of a container has it. */
export function portName(value: string): readonly string[] {
  const problems: string[] = []
  if (byteLength(value) > PORT_NAME_LENGTH_MAX) problems.push(tooManyCharacters(PORT_NAME_LENGTH_MAX))
  if (!/^[-a-z0-9]+$/.test(value)) {
    problems.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
  }
  if (!/[a-z]/.test(value)) problems.push("must contain at least one letter (a-z)")
  if (value.includes("--")) problems.push("must not contain consecutive hyphens")
  if (value.startsWith("-") || value.endsWith("-")) problems.push("must not begin or end with a hyphen")
  return problems
}

/** RFC 6335. */
const PORT_NAME_LENGTH_MAX = 15

export function portNumber(value: number): readonly string[] {
  return value >= 1 && value <= 65535 ? [] : [between(1, 65535)]
}

/** User and group ids that Linux accepts. */
export function userId(value: number): readonly string[] {
  return value >= 0 && value <= 2147483647 ? [] : [between(0, 2147483647)]
}

/** A name that can stand in a URL path: what is asked of kinds without a stricter rule. */
export function pathSegmentName(value: string): readonly string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`]
  return ["/", "%"].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`)
}

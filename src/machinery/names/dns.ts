import { byteLength, doesNotMatch, tooManyCharacters } from "./rules.ts"

/** Each check returns what is wrong with the value, in Kubernetes' words; nothing when it is fine. */

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`
const LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
const WILDCARD = `\\*\\.${SUBDOMAIN}`
const LABEL_UNDERSCORE = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
const SUBDOMAIN_UNDERSCORE = `${LABEL_UNDERSCORE}(\\.${LABEL_UNDERSCORE})*`

export const LABEL_LENGTH_MAX = 63
export const SUBDOMAIN_LENGTH_MAX = 253

const whole = (expression: string) => new RegExp(`^${expression}$`)
const labelPattern = whole(LABEL)
const subdomainPattern = whole(SUBDOMAIN)
const label1035Pattern = whole(LABEL_1035)
const wildcardPattern = whole(WILDCARD)
const subdomainUnderscorePattern = whole(SUBDOMAIN_UNDERSCORE)

const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
const SUBDOMAIN_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
const SUBDOMAIN_UNDERSCORE_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character"
const LABEL_1035_RULE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
const WILDCARD_RULE =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"

function bounded(value: string, max: number): string[] {
  return byteLength(value) > max ? [tooManyCharacters(max)] : []
}

/** RFC 1123 label: namespaces, services' ports, containers. */
export function dns1123Label(value: string): readonly string[] {
  const problems = bounded(value, LABEL_LENGTH_MAX)
  if (labelPattern.test(value)) return problems
  if (subdomainPattern.test(value)) problems.push("must not contain dots")
  else problems.push(doesNotMatch(LABEL_RULE, LABEL, "my-name", "123-abc"))
  return problems
}

/** RFC 1123 subdomain: most object names. */
export function dns1123Subdomain(value: string): readonly string[] {
  const problems = bounded(value, SUBDOMAIN_LENGTH_MAX)
  if (!subdomainPattern.test(value)) problems.push(doesNotMatch(SUBDOMAIN_RULE, SUBDOMAIN, "example.com"))
  return problems
}

export function dns1123SubdomainWithUnderscore(value: string): readonly string[] {
  const problems = bounded(value, SUBDOMAIN_LENGTH_MAX)
  if (!subdomainUnderscorePattern.test(value)) {
    problems.push(doesNotMatch(SUBDOMAIN_UNDERSCORE_RULE, SUBDOMAIN_UNDERSCORE, "example.com"))
  }
  return problems
}

/** RFC 1035 label: services. */
export function dns1035Label(value: string): readonly string[] {
  const problems = bounded(value, LABEL_LENGTH_MAX)
  if (!label1035Pattern.test(value)) problems.push(doesNotMatch(LABEL_1035_RULE, LABEL_1035, "my-name", "abc-123"))
  return problems
}

/** `*.example.com`: hosts of ingresses. */
export function wildcardDns1123Subdomain(value: string): readonly string[] {
  const problems = bounded(value, SUBDOMAIN_LENGTH_MAX)
  if (!wildcardPattern.test(value)) problems.push(doesNotMatch(WILDCARD_RULE, WILDCARD, "*.example.com"))
  return problems
}

/** A domain of at least two labels; a final dot is allowed. */
export function fullyQualifiedDomainName(value: string): readonly string[] {
  const name = value.endsWith(".") ? value.slice(0, -1) : value
  const problems = dns1123Subdomain(name)
  if (problems.length > 0) return [problems.join(",")]
  const labels = name.split(".")
  if (labels.length < 2) return ["should be a domain with at least two segments separated by dots"]
  for (const label of labels) {
    const labelProblems = dns1123Label(label)
    if (labelProblems.length > 0) return [labelProblems.join(",")]
  }
  return []
}

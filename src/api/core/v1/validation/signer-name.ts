import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { quote } from "../../../../machinery/field/quote.ts"
import { dns1123Label, dns1123Subdomain } from "../../../../machinery/names/dns.ts"
import { type Errors, NONE } from "./rules.ts"

const DOMAIN_LENGTH_MAX = 253
/** The path of a signer is a label, a dot and a subdomain at most. */
const LENGTH_MAX = DOMAIN_LENGTH_MAX + 1 + 63 + 1 + 253

export function isKubernetesSigner(signer: string): boolean {
  const host = signer.split("/", 1)[0] ?? ""
  return host === "kubernetes.io" || host.endsWith(".kubernetes.io")
}

/** `example.com/signer-name`. */
export function validateSignerName(name: string, path: FieldPath): Errors {
  if (name === "") return [field.required(path)]
  const [domain = "", own = "", ...others] = name.split("/")
  if (!name.includes("/") || others.length > 0) {
    const form = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
    return [field.invalid(path, name, form)]
  }
  const labels = domain.split(".")
  return [
    ...(domain.length > DOMAIN_LENGTH_MAX ? [field.tooLong(path, DOMAIN_LENGTH_MAX)] : NONE),
    ...firstProblems(labels, dns1123Label, domain, path),
    ...(labels.length < 2
      ? [field.invalid(path, domain, "should be a domain with at least two segments separated by dots")]
      : NONE),
    ...firstProblems(own.split("."), dns1123Subdomain, own, path),
    ...(name.length > LENGTH_MAX ? [field.tooLong(path, LENGTH_MAX)] : NONE),
  ]
}

function firstProblems(
  labels: readonly string[],
  check: (label: string) => readonly string[],
  shown: string,
  path: FieldPath,
): Errors {
  const bad = labels.find((label) => check(label).length > 0)
  if (bad === undefined) return NONE
  return check(bad).map((problem) => field.invalid(path, shown, `validating label ${quote(bad)}: ${problem}`))
}

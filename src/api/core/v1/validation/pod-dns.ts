import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import type { FieldPath } from "../../../../machinery/field/path.ts"
import { dns1123SubdomainWithUnderscore } from "../../../../machinery/names/dns.ts"
import type { HostAlias, PodDNSConfig, PodSpec } from "../pod-spec.ts"
import { address, allOf, type Errors, NONE, subdomain } from "./rules.ts"

const NAMESERVERS_MAX = 3
const SEARCHES_MAX = 32
const SEARCH_CHARACTERS_MAX = 2048

export function validateDns({ dnsConfig, dnsPolicy }: PodSpec, path: FieldPath): Errors {
  if (dnsPolicy === "None" && dnsConfig === undefined) {
    return [field.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")]
  }
  if (dnsPolicy === "None" && (dnsConfig?.nameservers?.length ?? 0) === 0) {
    const why = "must provide at least one DNS nameserver when `dnsPolicy` is None"
    return [field.required(path.child("nameservers"), why)]
  }
  return dnsConfig === undefined ? NONE : validateConfig(dnsConfig, path)
}

function validateConfig(
  { nameservers = [], searches = [], options = [] }: PodDNSConfig,
  path: FieldPath,
): FieldError[] {
  const [servers, domains] = [path.child("nameservers"), path.child("searches")]
  const errors: FieldError[] = []
  if (nameservers.length > NAMESERVERS_MAX) {
    errors.push(field.invalid(servers, nameservers, `must not have more than ${NAMESERVERS_MAX} nameservers`))
  }
  for (const [index, server] of nameservers.entries()) errors.push(...address(server, servers.index(index)))
  if (searches.length > SEARCHES_MAX) {
    errors.push(field.invalid(domains, searches, `must not have more than ${SEARCHES_MAX} search paths`))
  }
  if (searches.join(" ").length > SEARCH_CHARACTERS_MAX) {
    const why = `must not have more than ${SEARCH_CHARACTERS_MAX} characters (including spaces) in the search list`
    errors.push(field.invalid(domains, searches, why))
  }
  for (const [index, search] of searches.entries()) {
    if (search === ".") continue
    const domain = search.replace(/\.$/, "")
    errors.push(...allOf(dns1123SubdomainWithUnderscore(domain), domain, domains.index(index)))
  }
  for (const [index, { name }] of options.entries()) {
    if (!name) errors.push(field.required(path.child("options").index(index), "must not be empty"))
  }
  return errors
}

export function validateHostAliases(aliases: readonly HostAlias[], path: FieldPath): Errors {
  return aliases.flatMap(({ ip, hostnames = [] }, index) => [
    ...address(ip, path.index(index).child("ip")),
    ...hostnames.flatMap((name, place) => subdomain(name, path.index(index).child("hostnames").index(place))),
  ])
}

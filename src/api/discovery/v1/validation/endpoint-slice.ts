import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { ipAddress } from "../../../../machinery/names/addresses.ts"
import { fullyQualifiedDomainName } from "../../../../machinery/names/dns.ts"
import { labelValue } from "../../../../machinery/names/labels.ts"
import { validateLabels } from "../../../../machinery/validation/labels.ts"
import { endpointAddress } from "../../../core/v1/validation/endpoint-address.ts"
import {
  allOf,
  type Errors,
  label,
  NONE,
  oneOf,
  qualified,
  requiredOneOf,
  subdomain,
} from "../../../core/v1/validation/rules.ts"
import type { Endpoint, EndpointHints, EndpointPort } from "../endpoint-slice.ts"

const ENDPOINTS_MAX = 1000
const ADDRESSES_MAX = 100
const PORTS_MAX = 20000
const TOPOLOGY_LABELS_MAX = 16
const HINTS_MAX = 8

interface Slice {
  readonly addressType: string
  readonly endpoints: readonly Endpoint[]
  readonly ports: readonly EndpointPort[]
}

export function validateEndpointSlice({ addressType, endpoints, ports }: Slice): Errors {
  return [
    ...requiredOneOf(addressType, ["FQDN", "IPv4", "IPv6"], FieldPath.root("addressType")),
    ...validatePorts(ports, FieldPath.root("ports")),
    ...validateEndpoints(endpoints, addressType, FieldPath.root("endpoints")),
  ]
}

function validatePorts(ports: readonly EndpointPort[], path: FieldPath): Errors {
  if (ports.length > PORTS_MAX) return [field.tooMany(path, ports.length, PORTS_MAX)]
  const names = new Set<string>()
  return ports.flatMap(({ name, protocol, appProtocol }, index) => {
    const at = path.index(index)
    const repeated = names.has(name)
    names.add(name)
    return [
      ...(name === "" ? NONE : label(name, at.child("name"))),
      ...(repeated ? [field.duplicate(at.child("name"), name)] : NONE),
      ...oneOf(protocol, ["SCTP", "TCP", "UDP"], at.child("protocol")),
      ...(appProtocol === undefined ? NONE : qualified(appProtocol, at.child("appProtocol"))),
    ]
  })
}

function validateEndpoints(endpoints: readonly Endpoint[], addressType: string, path: FieldPath): Errors {
  if (endpoints.length > ENDPOINTS_MAX) return [field.tooMany(path, endpoints.length, ENDPOINTS_MAX)]
  return endpoints.flatMap((endpoint, index) => validateEndpoint(endpoint, addressType, path.index(index)))
}

function validateEndpoint(endpoint: Endpoint, addressType: string, path: FieldPath): readonly FieldError[] {
  const { addresses, nodeName, hostname, deprecatedTopology = {}, hints } = endpoint
  const at = path.child("addresses")
  const errors: FieldError[] = []
  if (addresses.length === 0) errors.push(field.required(at, "must contain at least 1 address"))
  if (addresses.length > ADDRESSES_MAX) errors.push(field.tooMany(at, addresses.length, ADDRESSES_MAX))
  for (const [index, address] of addresses.entries()) errors.push(...validateAddress(address, addressType, at, index))
  if (nodeName !== undefined) errors.push(...subdomain(nodeName, path.child("nodeName")))
  const topology = path.child("deprecatedTopology")
  const labels = Object.keys(deprecatedTopology).length
  if (labels > TOPOLOGY_LABELS_MAX) errors.push(field.tooMany(topology, labels, TOPOLOGY_LABELS_MAX))
  errors.push(...validateLabels(deprecatedTopology, topology))
  if (hostname !== undefined) errors.push(...label(hostname, path.child("hostname")))
  return hints === undefined ? errors : [...errors, ...validateHints(hints, path.child("hints"))]
}

function validateAddress(address: string, addressType: string, path: FieldPath, index: number): Errors {
  const at = path.index(index)
  if (addressType === "FQDN") return allOf(fullyQualifiedDomainName(address), address, at)
  if (addressType !== "IPv4" && addressType !== "IPv6") return NONE
  // IPv6 came later, and with it the rule that there is one spelling.
  const strict = addressType === "IPv6" ? allOf(ipAddress(address), address, at) : NONE
  if (strict.length > 0) return strict
  const problems = endpointAddress(address, at)
  if (problems.length > 0) return problems
  if (address.includes(":") === (addressType === "IPv6")) return NONE
  return [field.invalid(path, address, `must be an ${addressType} address`)]
}

function validateHints({ forZones = [], forNodes = [] }: EndpointHints, path: FieldPath): Errors {
  return [
    ...validateHinted(forZones, path.child("forZones"), (name, at) => allOf(labelValue(name), name, at)),
    ...validateHinted(forNodes, path.child("forNodes"), subdomain),
  ]
}

function validateHinted(
  hinted: readonly { readonly name: string }[],
  path: FieldPath,
  check: (name: string, path: FieldPath) => Errors,
): Errors {
  if (hinted.length > HINTS_MAX) return [field.tooMany(path, hinted.length, HINTS_MAX)]
  const seen = new Set<string>()
  return hinted.flatMap(({ name }, index) => {
    const at = path.index(index).child("name")
    const repeated = seen.has(name)
    seen.add(name)
    return [...(repeated ? [field.duplicate(at, name)] : NONE), ...check(name, at)]
  })
}

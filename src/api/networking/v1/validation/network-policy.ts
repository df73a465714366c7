import { BlockList, isIPv4 } from "node:net"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { cidrWarnings } from "../../../../machinery/names/address-warnings.ts"
import { cidrAnySpelling } from "../../../../machinery/names/addresses.ts"
import { portName, portNumber } from "../../../../machinery/names/identifiers.ts"
import { validateLabelSelector } from "../../../../machinery/validation/labels.ts"
import { allOf, type Errors, NONE, oneOf } from "../../../core/v1/validation/rules.ts"
import type { IPBlock, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from "../network-policy.ts"

const SPEC = FieldPath.root("spec")
const DIRECTIONS = ["Ingress", "Egress"]

interface PolicyObject {
  readonly spec: NetworkPolicySpec
}

export function validateNetworkPolicy({ spec }: PolicyObject): Errors {
  const { policyTypes = [] } = spec
  const types = SPEC.child("policyTypes")
  return [
    ...validateLabelSelector(spec.podSelector, SPEC.child("podSelector")),
    ...rulesOf(spec).flatMap(({ ports, portsPath, peers, peersPath }) => [
      ...ports.flatMap((port, index) => validatePort(port, portsPath.index(index))),
      ...peers.flatMap((peer, index) => validatePeer(peer, peersPath.index(index))),
    ]),
    ...(policyTypes.length > DIRECTIONS.length
      ? [field.invalid(types, policyTypes, "may not specify more than two policyTypes")]
      : policyTypes.flatMap((type, index) => oneOf(type, DIRECTIONS, types.index(index)))),
  ]
}

interface Rule {
  readonly ports: readonly NetworkPolicyPort[]
  readonly portsPath: FieldPath
  readonly peers: readonly NetworkPolicyPeer[]
  readonly peersPath: FieldPath
}

/** Ingress and egress rules alike, with where they stand. */
function rulesOf({ ingress = [], egress = [] }: NetworkPolicySpec): readonly Rule[] {
  const rule = (ports: Rule["ports"] | undefined, peers: Rule["peers"] | undefined, path: FieldPath, side: string) => ({
    ports: ports ?? [],
    portsPath: path.child("ports"),
    peers: peers ?? [],
    peersPath: path.child(side),
  })
  return [
    ...ingress.map(({ ports, from }, index) => rule(ports, from, SPEC.child("ingress").index(index), "from")),
    ...egress.map(({ ports, to }, index) => rule(ports, to, SPEC.child("egress").index(index), "to")),
  ]
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: FieldPath): Errors {
  return [
    ...oneOf(protocol, ["TCP", "UDP", "SCTP"], path.child("protocol")),
    ...validatePortRange(port, endPort, path.child("port"), path.child("endPort")),
  ]
}

function validatePortRange(
  port: number | string | undefined,
  endPort: number | undefined,
  path: FieldPath,
  endPath: FieldPath,
): Errors {
  const noEnd = (why: string): Errors => (endPort === undefined ? NONE : [field.invalid(endPath, endPort, why)])
  if (port === undefined) return noEnd("may not be specified when `port` is not specified")
  if (typeof port === "string") {
    return [...noEnd("may not be specified when `port` is non-numeric"), ...allOf(portName(port), port, path)]
  }
  return [
    ...allOf(portNumber(port), port, path),
    // As in Kubernetes, the value shown is that of the port.
    ...(endPort !== undefined && endPort < port
      ? [field.invalid(endPath, port, "must be greater than or equal to `port`")]
      : NONE),
    ...(endPort === undefined ? NONE : allOf(portNumber(endPort), endPort, endPath)),
  ]
}

function validatePeer({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, path: FieldPath): Errors {
  const hasSelector = podSelector !== undefined || namespaceSelector !== undefined
  return [
    ...validateLabelSelector(podSelector, path.child("podSelector")),
    ...validateLabelSelector(namespaceSelector, path.child("namespaceSelector")),
    ...(ipBlock === undefined ? NONE : validateBlock(ipBlock, path.child("ipBlock"))),
    ...(!hasSelector && ipBlock === undefined ? [field.required(path, "must specify a peer")] : NONE),
    ...(hasSelector && ipBlock !== undefined
      ? [field.forbidden(path, "may not specify both ipBlock and another peer")]
      : NONE),
  ]
}

function validateBlock({ cidr, except = [] }: IPBlock, path: FieldPath): Errors {
  const at = path.child("cidr")
  if (cidr === "") return [field.required(at)]
  const problems = cidrAnySpelling(cidr)
  if (problems.length > 0) return allOf(problems, cidr, at)
  return except.flatMap((part, index) => {
    const partAt = path.child("except").index(index)
    const partProblems = cidrAnySpelling(part)
    if (partProblems.length > 0) return allOf(partProblems, part, partAt)
    return isWithin(part, cidr) ? NONE : [field.invalid(partAt, part, "must be a strict subset of `cidr`")]
  })
}

/** Whether a range lies in another one and is smaller. Both are valid. */
function isWithin(inner: string, outer: string): boolean {
  const [innerAddress = "", innerLength = ""] = inner.split("/")
  const [outerAddress = "", outerLength = ""] = outer.split("/")
  const family = (address: string) => (isIPv4(address) ? "ipv4" : "ipv6")
  if (family(innerAddress) !== family(outerAddress) || Number(innerLength) <= Number(outerLength)) return false
  const range = new BlockList()
  range.addSubnet(outerAddress, Number(outerLength), family(outerAddress))
  return range.check(innerAddress, family(innerAddress))
}

export function networkPolicyWarnings({ spec }: PolicyObject): readonly string[] {
  return rulesOf(spec).flatMap(({ peers, peersPath }) =>
    peers.flatMap(({ ipBlock }, index) =>
      ipBlock === undefined ? [] : blockWarnings(ipBlock, peersPath.index(index).child("ipBlock")),
    ),
  )
}

function blockWarnings({ cidr, except = [] }: IPBlock, path: FieldPath): readonly string[] {
  return [
    ...cidrWarnings(cidr, path.child("cidr")),
    ...except.flatMap((part, index) => cidrWarnings(part, path.child("except").index(index))),
  ]
}

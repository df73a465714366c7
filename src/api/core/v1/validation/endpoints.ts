import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { portNumber } from "../../../../machinery/names/identifiers.ts"
import type { EndpointAddress, EndpointPort, EndpointSubset } from "../endpoints.ts"
import { endpointAddress } from "./endpoint-address.ts"
import { allOf, type Errors, label, NONE, qualified, requiredOneOf, subdomain } from "./rules.ts"

export function validateSubsets(subsets: readonly EndpointSubset[]): Errors {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
    const at = FieldPath.root("subsets").index(index)
    const isEmpty = addresses.length === 0 && notReadyAddresses.length === 0
    const all = { addresses, notReadyAddresses }
    return [
      ...(isEmpty ? [field.required(at, "must specify `addresses` or `notReadyAddresses`")] : NONE),
      ...Object.entries(all).flatMap(([member, list]) =>
        list.flatMap((address, place) => validateAddress(address, at.child(member).index(place))),
      ),
      ...ports.flatMap((port, place) => validatePort(port, ports.length > 1, at.child("ports").index(place))),
    ]
  })
}

function validateAddress({ ip, hostname, nodeName }: EndpointAddress, path: FieldPath): Errors {
  return [
    ...endpointAddress(ip, path.child("ip")),
    ...(hostname ? label(hostname, path.child("hostname")) : NONE),
    ...(nodeName === undefined ? NONE : subdomain(nodeName, path.child("nodeName"))),
  ]
}

function validatePort(
  { name = "", port, protocol, appProtocol }: EndpointPort,
  needsName: boolean,
  path: FieldPath,
): Errors {
  const at = path.child("name")
  return [
    ...(name === "" ? (needsName ? [field.required(at)] : NONE) : label(name, at)),
    ...allOf(portNumber(port), port, path.child("port")),
    ...requiredOneOf(protocol, ["SCTP", "TCP", "UDP"], path.child("protocol")),
    ...(appProtocol === undefined ? NONE : qualified(appProtocol, path.child("appProtocol"))),
  ]
}

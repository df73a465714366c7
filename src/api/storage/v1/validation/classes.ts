import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { LabelSelector } from "../../../../machinery/meta/label-selector.ts"
import { dns1123Subdomain } from "../../../../machinery/names/dns.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { compareQuantities, parseQuantity, ZERO } from "../../../../machinery/quantity/quantity.ts"
import { validateLabelSelector } from "../../../../machinery/validation/labels.ts"
import type { TopologySelectorTerm } from "../../../core/v1/node-selector.ts"
import { allOf, type Errors, NONE, oneOf, qualified } from "../../../core/v1/validation/rules.ts"
import { validateTopologies } from "./topologies.ts"

const ROOT = FieldPath.root()
const PARAMETERS_BYTES_MAX = 256 * 1024
const PARAMETERS_MAX = 512

type Parameters = Readonly<Record<string, string>>

interface StorageClassObject {
  readonly provisioner: string
  readonly parameters?: Parameters
  readonly reclaimPolicy: string
  readonly volumeBindingMode: string
  readonly allowedTopologies?: readonly TopologySelectorTerm[]
}
interface AttributesClassObject {
  readonly driverName: string
  readonly parameters?: Parameters
}
interface CapacityObject {
  readonly nodeTopology?: LabelSelector
  readonly storageClassName: string
  readonly capacity?: string
}

export function validateStorageClass(object: StorageClassObject): Errors {
  const { reclaimPolicy, volumeBindingMode, allowedTopologies } = object
  return [
    ...provisioner(object.provisioner, ROOT.child("provisioner")),
    ...validateParameters(object.parameters, ROOT.child("parameters")),
    ...(reclaimPolicy ? oneOf(reclaimPolicy, ["Delete", "Retain"], ROOT.child("reclaimPolicy")) : NONE),
    ...oneOf(volumeBindingMode, ["Immediate", "WaitForFirstConsumer"], ROOT.child("volumeBindingMode")),
    ...validateTopologies(allowedTopologies ?? [], ROOT.child("allowedTopologies")),
  ]
}

function provisioner(name: string, path: FieldPath): Errors {
  return name === "" ? [field.required(path)] : qualified(name.toLowerCase(), path)
}

function validateParameters(parameters: Parameters | undefined, path: FieldPath): Errors {
  const entries = Object.entries(parameters ?? {})
  if (entries.length > PARAMETERS_MAX) return [field.tooLong(path, PARAMETERS_MAX)]
  const bytes = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0)
  return [
    ...entries.filter(([key]) => key === "").map(() => field.invalid(path, "", "field can not be empty.")),
    ...(bytes > PARAMETERS_BYTES_MAX ? [field.tooLong(path, PARAMETERS_BYTES_MAX)] : NONE),
  ]
}

export function validateAttributesClass(object: AttributesClassObject): Errors {
  const path = ROOT.child("parameters")
  return [
    ...provisioner(object.driverName, ROOT.child("driverName")),
    ...validateParameters(object.parameters, path),
    ...(Object.keys(object.parameters ?? {}).length === 0
      ? [field.required(path, "must contain at least one key/value pair")]
      : NONE),
  ]
}

export function validateAttributesClassUpdate(object: AttributesClassObject, old: AttributesClassObject): Errors {
  return (["driverName", "parameters"] as const).flatMap((member) =>
    deepEqual(object[member] ?? {}, old[member] ?? {})
      ? NONE
      : [field.forbidden(ROOT.child(member), `updates to ${member} are forbidden.`)],
  )
}

export function validateStorageCapacity({ nodeTopology, storageClassName, capacity }: CapacityObject): Errors {
  const path = ROOT.child("capacity")
  const isNegative = capacity !== undefined && compareQuantities(parseQuantity(capacity), ZERO) < 0
  return [
    ...validateLabelSelector(nodeTopology, ROOT.child("nodeTopology")),
    ...allOf(dns1123Subdomain(storageClassName), storageClassName, ROOT.child("storageClassName")),
    ...(isNegative ? [field.invalid(path, capacity, "must be greater than or equal to 0")] : NONE),
  ]
}

import { deepEqual } from "../../../../machinery/patch/structure.ts"
import {
  compareQuantities,
  parseQuantity,
  type Quantity,
  quantityOf,
  quantityValue,
} from "../../../../machinery/quantity/quantity.ts"
import { PersistentVolumeClaim } from "../persistent-volume-claim.ts"
import { CLASS_ANNOTATION } from "../volume-warnings.ts"
import { countName, ONE, type QuotaEvaluator } from "./evaluator.ts"
import { claimMatchesScope } from "./scopes.ts"

const OF_CLASS = ".storageclass.storage.k8s.io/"
const NAMES = ["persistentvolumeclaims", "requests.storage"]

export const volumeClaimEvaluator: QuotaEvaluator = {
  resource: PersistentVolumeClaim,
  handles({ subresource, object, old }) {
    if (subresource === "status") return old !== undefined && changesUse(object, old)
    return subresource === ""
  },
  covers: (name) =>
    name === countName(PersistentVolumeClaim) ||
    NAMES.some((each) => name === each || name.endsWith(`${OF_CLASS}${each}`)),
  matchesScope: (requirement, object) => claimMatchesScope(requirement, object as PersistentVolumeClaim),
  usage(object) {
    const claim = object as PersistentVolumeClaim
    const storageClass = claim.metadata.annotations?.[CLASS_ANNOTATION] ?? claim.spec.storageClassName ?? ""
    const usage = new Map<string, Quantity>([
      ["persistentvolumeclaims", ONE],
      [countName(PersistentVolumeClaim), ONE],
    ])
    if (storageClass !== "") usage.set(`${storageClass}${OF_CLASS}persistentvolumeclaims`, ONE)
    const storage = storageOf(claim)
    if (storage === undefined) return usage
    usage.set("requests.storage", storage)
    if (storageClass !== "") usage.set(`${storageClass}${OF_CLASS}requests.storage`, storage)
    return usage
  },
  frees: changesUse,
}

/** In whole bytes: what is asked for, or what has been set aside for it when that is more. */
function storageOf({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const asked = spec.resources?.requests?.["storage"]
  if (asked === undefined) return undefined
  const requested = parseQuantity(asked)
  const given = parseQuantity(status.allocatedResources?.["storage"] ?? "0")
  return wholeBytes(compareQuantities(given, requested) > 0 ? given : requested)
}

function wholeBytes(quantity: Quantity): Quantity {
  return quantity.exponent >= 0 ? quantity : quantityOf(quantityValue(quantity), quantity.format)
}

/** Expansion and classes are settled in the status, after the claim was admitted. */
function changesUse(object: unknown, old: unknown): boolean {
  const settled = ({ spec, status }: PersistentVolumeClaim) => [
    status.allocatedResources?.["storage"],
    spec.volumeAttributesClassName,
    status.currentVolumeAttributesClassName,
    status.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ]
  return !deepEqual(settled(object as PersistentVolumeClaim), settled(old as PersistentVolumeClaim))
}

import type { FieldPath } from "../../../../machinery/field/path.ts"
import { validateNodeSelector } from "../../../core/v1/validation/affinity.ts"
import { type Errors, label, NONE, requiredOneOf } from "../../../core/v1/validation/rules.ts"
import type { AllocationResult } from "../allocation-result.ts"
import { validateSlice } from "./bounded-lists.ts"
import { CONFIGS_MAX, REQUESTS_MAX, validateReference, validateReferences } from "./device-claim.ts"
import { validateConfiguration } from "./device-configuration.ts"
import { driverName, poolName, shareId, validateBinding } from "./device-names.ts"

/** What a claim is about to be given. `names` are those of its requests. */
export function validateAllocation(
  { devices, nodeSelector }: AllocationResult,
  names: ReadonlySet<string>,
  path: FieldPath,
): Errors {
  const at = path.child("devices")
  return [
    ...validateSlice(devices.results, REQUESTS_MAX, at.child("results"), (result, where) => [
      ...validateReference(result.request, names, where.child("request")),
      ...driverName(result.driver, where.child("driver")),
      ...poolName(result.pool, where.child("pool")),
      ...label(result.device, where.child("device")),
      ...validateBinding(result, where),
      ...shareId(result.shareID, where.child("shareID")),
    ]),
    // Those of the class and those of the claim.
    ...validateSlice(devices.config, 2 * CONFIGS_MAX, at.child("config"), (config, where) => [
      ...requiredOneOf(config.source, ["FromClaim", "FromClass"], where.child("source")),
      ...validateReferences(config.requests, names, where.child("requests")),
      ...validateConfiguration(config, where),
    ]),
    ...(nodeSelector === undefined ? NONE : validateNodeSelector(nodeSelector, path.child("nodeSelector"))),
  ]
}

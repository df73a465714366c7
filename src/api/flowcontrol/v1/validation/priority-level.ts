import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import { type Errors, NONE, within } from "../../../core/v1/validation/rules.ts"
import { EXEMPT, mandatoryPriorityLevels } from "../mandatory.ts"
import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from "../priority-level-configuration.ts"

const SPEC = FieldPath.root("spec")
const QUEUES_MAX = 10_000_000
/** Of a request's hash: more are not random enough to deal hands with. */
const HASH_BITS_MAX = 60
/** Only for the conversion to and from v1beta3. */
const ZERO_SHARES_ANNOTATION = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares"

interface PriorityLevelObject {
  readonly metadata: ObjectMeta
  readonly spec: PriorityLevelConfigurationSpec
}

export function validatePriorityLevel({ metadata, spec }: PriorityLevelObject): Errors {
  const { name = "", annotations = {} } = metadata
  return [
    ...(Object.hasOwn(annotations, ZERO_SHARES_ANNOTATION)
      ? [field.forbidden("metadata.annotations", `annotation '${ZERO_SHARES_ANNOTATION}' is forbidden`)]
      : NONE),
    ...validateSpec(spec, name),
    ...validateFixed(spec, name),
  ]
}

function validateFixed(spec: PriorityLevelConfigurationSpec, name: string): Errors {
  const fixed = mandatoryPriorityLevels.get(name)
  if (fixed === undefined) return NONE
  // What an exempt level takes from the others is for the administrators to say.
  const compared = name === EXEMPT ? { ...spec, exempt: fixed.exempt } : spec
  if (deepEqual(compared, fixed)) return NONE
  const but = name === EXEMPT ? " except the 'spec.exempt' field" : ""
  return [field.invalid(SPEC, spec, `spec of '${name}'${but} must equal the fixed value`)]
}

function validateSpec({ type, limited, exempt }: PriorityLevelConfigurationSpec, name: string): Errors {
  const misnamed: Errors =
    (name === EXEMPT) === (type === "Exempt")
      ? NONE
      : [field.invalid(SPEC.child("type"), type, "must be 'Exempt' if and only if `name` is 'exempt'")]
  const limitedAt = SPEC.child("limited")
  const exemptAt = SPEC.child("exempt")
  switch (type) {
    case "Exempt":
      return [
        ...misnamed,
        ...(limited === undefined ? NONE : [field.forbidden(limitedAt, "must be nil if the type is not Limited")]),
        ...(exempt === undefined ? NONE : validateExempt(exempt, exemptAt)),
      ]
    case "Limited":
      return [
        ...misnamed,
        ...(exempt === undefined ? NONE : [field.forbidden(exemptAt, "must be nil if the type is Limited")]),
        ...(limited === undefined
          ? [field.required(limitedAt, "must not be empty when type is Limited")]
          : validateLimited(limited, limitedAt)),
      ]
    default:
      return [...misnamed, field.notSupported(SPEC.child("type"), type, ["Exempt", "Limited"])]
  }
}

type Shares = Pick<ExemptPriorityLevelConfiguration, "nominalConcurrencyShares" | "lendablePercent">
const validateShares = ({ nominalConcurrencyShares: shares = 0 }: Shares, path: FieldPath): Errors =>
  shares < 0 ? [field.invalid(path.child("nominalConcurrencyShares"), shares, "must be a non-negative integer")] : NONE
const validateLendable = ({ lendablePercent = 0 }: Shares, path: FieldPath): Errors =>
  within(lendablePercent, 0, 100, path.child("lendablePercent"))

function validateExempt(exempt: ExemptPriorityLevelConfiguration, path: FieldPath): Errors {
  return [...validateShares(exempt, path), ...validateLendable(exempt, path)]
}

function validateLimited(limited: LimitedPriorityLevelConfiguration, path: FieldPath): Errors {
  const { limitResponse, borrowingLimitPercent: borrowing = 0 } = limited
  return [
    ...validateShares(limited, path),
    ...validateResponse(limitResponse, path.child("limitResponse")),
    ...validateLendable(limited, path),
    ...(borrowing < 0
      ? [field.invalid(path.child("borrowingLimitPercent"), borrowing, "if specified, must be a non-negative integer")]
      : NONE),
  ]
}

function validateResponse({ type, queuing }: LimitResponse, path: FieldPath): Errors {
  const at = path.child("queuing")
  switch (type) {
    case "Reject":
      if (queuing === undefined) return NONE
      return [field.forbidden(at, "must be nil if limited.limitResponse.type is not Limited")]
    case "Queue":
      if (queuing !== undefined) return validateQueuing(queuing, at)
      return [field.required(at, "must not be empty if limited.limitResponse.type is Limited")]
    default:
      return [field.notSupported(path.child("type"), type, ["Queue", "Reject"])]
  }
}

function validateQueuing({ queueLengthLimit, queues, handSize }: QueuingConfiguration, path: FieldPath): Errors {
  const positive = (value: number, name: string): Errors =>
    value <= 0 ? [field.invalid(path.child(name), value, "must be positive")] : NONE
  return [
    ...positive(queueLengthLimit, "queueLengthLimit"),
    ...(queues > QUEUES_MAX
      ? [field.invalid(path.child("queues"), queues, `must not be greater than ${QUEUES_MAX}`)]
      : positive(queues, "queues")),
    ...(handSize <= 0 ? positive(handSize, "handSize") : validateHand(handSize, queues, path.child("handSize"))),
  ]
}

function validateHand(handSize: number, queues: number, path: FieldPath): Errors {
  if (handSize > queues) return [field.invalid(path, handSize, `should not be greater than queues (${queues})`)]
  if (Math.ceil(Math.log2(queues) * handSize) <= HASH_BITS_MAX) return NONE
  const why = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${HASH_BITS_MAX}`
  return [field.invalid(path, handSize, why)]
}

import { decodeValue } from "../../../../machinery/decode/decode.ts"
import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import { deepEqual } from "../../../../machinery/patch/structure.ts"
import type { Affinity, NodeAffinity } from "../affinity.ts"
import type { Container } from "../container.ts"
import { MIRROR_ANNOTATION } from "../mirror-pod.ts"
import type { NodeSelectorTerm } from "../node-selector.ts"
import type { PodObject } from "../pod-object.ts"
import { PodSpec } from "../pod-spec.ts"
import { untrimmedImage } from "./container.ts"
import { type Errors, NONE, nonEmpty, within } from "./rules.ts"
import { jsonDiff } from "./spec-diff.ts"

const SPEC = FieldPath.root("spec")
const INT32_MAX = 2147483647
const APPARMOR = "container.apparmor.security.beta.kubernetes.io/"

const CHANGEABLE = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
]

/** What an update of a pod may not change, besides its metadata. */
export function validatePodUpdate(pod: PodObject, old: PodObject): Errors {
  const errors: FieldError[] = [...validateAnnotationChanges(pod, old)]
  for (const member of ["containers", "initContainers"] as const) {
    const changed = validateImages(pod.spec[member] ?? [], old.spec[member] ?? [], SPEC.child(member))
    errors.push(...changed.errors)
    if (changed.stop) return errors
  }
  const deadline = validateDeadline(pod.spec, old.spec)
  errors.push(...deadline.errors)
  if (deadline.stop) return errors
  errors.push(...validateTolerationChanges(pod.spec, old.spec))
  errors.push(...validateGateChanges(pod.spec, old.spec))
  if (deepEqual(pod.spec, old.spec)) return errors
  const gated = (old.spec.schedulingGates?.length ?? 0) > 0
  if (gated) errors.push(...validateNodeSelection(pod.spec, old.spec))
  const rest = withoutAllowedChanges(pod.spec, old.spec, gated)
  if (deepEqual(rest, old.spec)) return errors
  const why = `pod updates may not change fields other than ${CHANGEABLE.join(",")}\n${jsonDiff(inOrder(old.spec), inOrder(rest))}`
  return [...errors, field.forbidden(SPEC, why)]
}

/** Members in the order of their declaration, whatever order defaulting left them in. */
const inOrder = (spec: PodSpec): PodSpec => decodeValue(PodSpec, spec)

/** Profiles and what makes a pod a static one are fixed at its creation. */
export function validateAnnotationChanges(pod: PodObject, old: PodObject): Errors {
  const path = FieldPath.root("metadata", "annotations")
  const now = pod.metadata.annotations ?? {}
  const before = old.metadata.annotations ?? {}
  const changed = Object.keys(before).filter((key) => now[key] !== before[key])
  const added = Object.keys(now).filter((key) => before[key] === undefined)
  const refuse = (keys: readonly string[], does: string): Errors =>
    keys.flatMap((key) => {
      if (key.startsWith(APPARMOR)) return [field.forbidden(path.key(key), `may not ${does} AppArmor annotations`)]
      return key === MIRROR_ANNOTATION
        ? [field.forbidden(path.key(key), `may not ${does} mirror pod annotation`)]
        : NONE
    })
  return [...refuse(changed, "remove or update"), ...refuse(added, "add")]
}

interface Partial {
  readonly errors: Errors
  /** Nothing else can be said about the update. */
  readonly stop: boolean
}

function validateImages(now: readonly Container[], before: readonly Container[], path: FieldPath): Partial {
  if (now.length !== before.length) {
    return { errors: [field.forbidden(path, "pod updates may not add or remove containers")], stop: true }
  }
  const errors = now.flatMap((container, index) => [
    ...nonEmpty(container.image, path.index(index).child("image")),
    ...untrimmedImage(container, path.index(index)),
  ])
  return { errors, stop: false }
}

function validateDeadline(
  { activeDeadlineSeconds: now }: PodSpec,
  { activeDeadlineSeconds: before }: PodSpec,
): Partial {
  const at = SPEC.child("activeDeadlineSeconds")
  if (now === undefined) {
    if (before === undefined) return { errors: NONE, stop: false }
    return { errors: [field.invalid(at, now, "must not update from a positive integer to nil value")], stop: false }
  }
  const outside = within(now, 0, INT32_MAX, at)
  if (outside.length > 0) return { errors: outside, stop: true }
  if (before === undefined || before >= now) return { errors: NONE, stop: false }
  return { errors: [field.invalid(at, now, "must be less than or equal to previous value")], stop: true }
}

function validateTolerationChanges({ tolerations: now = [] }: PodSpec, { tolerations: before = [] }: PodSpec): Errors {
  const kept = before.every((old) =>
    now.some((toleration) =>
      deepEqual({ ...toleration, tolerationSeconds: undefined }, { ...old, tolerationSeconds: undefined }),
    ),
  )
  if (kept) return NONE
  const why = "existing toleration can not be modified except its tolerationSeconds"
  return [field.forbidden(SPEC.child("tolerations"), why)]
}

function validateGateChanges(
  { schedulingGates: now = [] }: PodSpec,
  { schedulingGates: before = [] }: PodSpec,
): Errors {
  const known = new Set(before.map(({ name }) => name))
  return now.flatMap(({ name }, index) => {
    if (known.has(name)) return NONE
    const at = SPEC.child("schedulingGates").index(index).child("name")
    return [field.forbidden(at, `only deletion is allowed, but found new scheduling gate '${name}'`)]
  })
}

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"

/** While a pod is gated it may be bound to fewer nodes than before. */
function validateNodeSelection(spec: PodSpec, old: PodSpec): Errors {
  const { nodeSelector: now = {} } = spec
  const lost = Object.entries(old.nodeSelector ?? {}).some(([key, value]) => now[key] !== value)
  const selector = lost
    ? [
        field.invalid(
          SPEC.child("nodeSelector"),
          now,
          "only additions to spec.nodeSelector are allowed (no mutations or deletions)",
        ),
      ]
    : NONE
  return [...selector, ...validateNodeAffinityChange(spec.affinity?.nodeAffinity, old.affinity?.nodeAffinity)]
}

function validateNodeAffinityChange(affinity: NodeAffinity | undefined, old: NodeAffinity | undefined): Errors {
  const before = old?.[REQUIRED]?.nodeSelectorTerms ?? []
  const now = affinity?.[REQUIRED]?.nodeSelectorTerms ?? []
  if (before.length === 0) return NONE
  const at = SPEC.child("affinity").child("nodeAffinity").child(REQUIRED).child("nodeSelectorTerms")
  if (before.length !== now.length) {
    return [field.invalid(at, now, "no additions/deletions to non-empty NodeSelectorTerms list are allowed")]
  }
  return before.flatMap((term, index) => {
    const changed = now[index]
    if (changed !== undefined && onlyAdds(changed, term)) return NONE
    return [field.invalid(at.index(index), changed, "only additions are allowed (no mutations or deletions)")]
  })
}

function onlyAdds(now: NodeSelectorTerm, before: NodeSelectorTerm): boolean {
  const lists = [
    [now.matchExpressions ?? [], before.matchExpressions ?? []],
    [now.matchFields ?? [], before.matchFields ?? []],
  ] as const
  // An empty term selects nothing, so adding to it would select more.
  if (lists.every(([, old]) => old.length === 0)) return lists.every(([list]) => list.length === 0)
  return lists.every(([list, old]) => deepEqual(list.slice(0, old.length), old))
}

/** The new spec with everything that may change as it was. */
function withoutAllowedChanges(spec: PodSpec, old: PodSpec, gated: boolean): PodSpec {
  const rest: { -readonly [K in keyof PodSpec]: PodSpec[K] } = { ...spec }
  restore(rest, old, "activeDeadlineSeconds")
  restore(rest, old, "schedulingGates")
  restore(rest, old, "tolerations")
  rest.containers = withOldImages(spec.containers, old.containers)
  if (spec.initContainers !== undefined) {
    rest.initContainers = withOldImages(spec.initContainers, old.initContainers ?? [])
  }
  if (old.terminationGracePeriodSeconds < 0 && spec.terminationGracePeriodSeconds === 1) {
    rest.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds
  }
  if (gated) {
    restore(rest, old, "nodeSelector")
    const affinity = withNodeAffinity(spec.affinity, old.affinity)
    if (affinity === undefined) delete rest.affinity
    else rest.affinity = affinity
  }
  return rest
}

function restore<K extends keyof PodSpec>(
  spec: { -readonly [P in keyof PodSpec]: PodSpec[P] },
  old: PodSpec,
  member: K,
) {
  if (old[member] === undefined) delete (spec as { [member: string]: unknown })[member]
  else spec[member] = old[member]
}

function withOldImages(now: readonly Container[], before: readonly Container[]): readonly Container[] {
  return now.map((container, index) => ({ ...container, image: before[index]?.image ?? "" }))
}

function withNodeAffinity(now: Affinity | undefined, old: Affinity | undefined): Affinity | undefined {
  const { nodeAffinity: _nodeAffinity, ...others } = now ?? {}
  if (old?.nodeAffinity !== undefined) return { ...others, nodeAffinity: old.nodeAffinity }
  return Object.keys(others).length === 0 && old === undefined ? undefined : others
}

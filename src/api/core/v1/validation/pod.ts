import type { FieldError } from "../../../../machinery/field/error.ts"
import * as field from "../../../../machinery/field/error.ts"
import { FieldPath } from "../../../../machinery/field/path.ts"
import type { ObjectMeta } from "../../../../machinery/meta/object-meta.ts"
import { byteLength } from "../../../../machinery/names/rules.ts"
import { validateLabels } from "../../../../machinery/validation/labels.ts"
import { validateAnnotations } from "../../../../machinery/validation/object-meta.ts"
import { MIRROR_ANNOTATION } from "../mirror-pod.ts"
import type { PodObject } from "../pod-object.ts"
import type { PodSpec } from "../pod-spec.ts"
import type { PodTemplateSpec } from "../pod-template-spec.ts"
import { untrimmedImage } from "./container.ts"
import { validateProfileAnnotations } from "./pod-annotations.ts"
import { validatePodSpec } from "./pod-spec.ts"
import { type Errors, NONE } from "./rules.ts"

const METADATA = FieldPath.root("metadata")
const SPEC = FieldPath.root("spec")
const CONTAINERS = SPEC.child("containers")
const INIT_CONTAINERS = SPEC.child("initContainers")
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"

/** A pod, new or changed. */
export function validatePod({ metadata, spec }: PodObject): Errors {
  return [
    ...annotationRules(metadata.annotations, spec, METADATA.child("annotations")),
    ...specRules(spec, metadata),
    ...(spec.serviceAccountName ? NONE : tokensWithoutAccount(spec)),
    ...(spec.initContainers ?? []).flatMap((each, index) => untrimmedImage(each, INIT_CONTAINERS.index(index))),
    ...spec.containers.flatMap((each, index) => untrimmedImage(each, CONTAINERS.index(index))),
  ]
}

/** Specs that have been found valid, by the name of their pod. What is valid goes to the store, and changes no more. */
const validSpecs = new WeakMap<PodSpec, string>()

/** Most updates leave the spec as it was. */
function specRules(spec: PodSpec, meta: ObjectMeta): Errors {
  const { name = "" } = meta
  if (validSpecs.get(spec) === name) return NONE
  const errors = validatePodSpec(spec, SPEC, { isPod: true, meta })
  if (errors.length === 0) validSpecs.set(spec, name)
  return errors
}

/** What only a new pod may not be. */
export function validateNewPod({ metadata, spec }: PodObject): Errors {
  return [
    ...(spec.ephemeralContainers?.length
      ? [field.forbidden(SPEC.child("ephemeralContainers"), "cannot be set on create")]
      : NONE),
    ...(spec.nodeName && spec.schedulingGates?.length
      ? [field.forbidden(SPEC.child("nodeName"), "cannot be set until all schedulingGates have been cleared")]
      : NONE),
    ...validateProfileAnnotations(metadata.annotations ?? {}, spec, SPEC),
  ]
}

export function validatePodTemplate({ metadata, spec }: PodTemplateSpec, path: FieldPath): Errors {
  return [
    ...validateLabels(metadata.labels, path.child("labels")),
    ...validateAnnotations(metadata.annotations, path.child("annotations")),
    ...annotationRules(metadata.annotations, spec, path.child("annotations")),
    ...validatePodSpec(spec, path.child("spec"), { isPod: false }),
    ...validateProfileAnnotations(metadata.annotations ?? {}, spec, path.child("spec")),
    ...(spec.ephemeralContainers?.length
      ? [
          field.forbidden(
            path.child("spec").child("ephemeralContainers"),
            "ephemeral containers not allowed in pod template",
          ),
        ]
      : NONE),
  ]
}

function annotationRules(
  annotations: Readonly<Record<string, string>> | undefined,
  spec: PodSpec,
  path: FieldPath,
): Errors {
  const mirror = annotations?.[MIRROR_ANNOTATION]
  const cost = annotations?.[DELETION_COST]
  const errors: FieldError[] = []
  if (mirror !== undefined && !spec.nodeName) {
    errors.push(
      field.invalid(path.key(MIRROR_ANNOTATION), mirror, "must set spec.nodeName if mirror pod annotation is set"),
    )
  }
  if (cost !== undefined && !isInt32(cost)) {
    errors.push(field.invalid(path.key(DELETION_COST), cost, "must be a 32bit integer"))
  }
  return errors
}

function isInt32(text: string): boolean {
  const number = Number(text)
  return byteLength(text) < 16 && /^(0|[1-9]\d*|-\d+)$/.test(text) && number >= -(2 ** 31) && number < 2 ** 31
}

function tokensWithoutAccount(spec: PodSpec): Errors {
  const why = "must not be specified when serviceAccountName is not set"
  return (spec.volumes ?? []).flatMap(({ projected }, index) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }, place) => {
      if (serviceAccountToken === undefined) return NONE
      const at = SPEC.child("volumes").index(index).child("projected").child("sources").index(place)
      return [field.forbidden(at.child("serviceAccountToken"), why)]
    }),
  )
}

import { Pod } from "../../../api/core/v1/pod.ts"
import { aggregateMessages, formatFieldError, notSupported } from "../../../machinery/field/error.ts"
import { FieldPath } from "../../../machinery/field/path.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import type { AdmissionPlugin, AdmissionRequest } from "../plugin.ts"
import { refusal } from "../refusal.ts"
import { podOf } from "./pod-request.ts"

/**
 * Every image is asked for at its registry each time, so that nobody uses a private image just because it is on the node.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#alwayspullimages
 */
export const alwaysPullImages: AdmissionPlugin = {
  name: "AlwaysPullImages",
  resources: [Pod],
  mutate: (request) => {
    const pod = newImages(request)
    if (pod === undefined) return
    for (const { container } of containersOf(pod)) container.imagePullPolicy = "Always"
    for (const { image } of pod.spec.volumes ?? []) if (image) image.pullPolicy = "Always"
  },
  validate: (request) => {
    const pod = newImages(request)
    if (pod === undefined) return
    const wrong = (at: FieldPath, policy: string | undefined) =>
      policy === "Always" ? [] : [notSupported(at, policy ?? "", ["Always"])]
    const volumes = FieldPath.root("spec").child("volumes")
    const errors = [
      ...containersOf(pod).flatMap(({ container, at }) =>
        wrong(at.child("imagePullPolicy"), container.imagePullPolicy),
      ),
      ...(pod.spec.volumes ?? []).flatMap(({ image }, index) =>
        image ? wrong(volumes.index(index).child("image").child("pullPolicy"), image.pullPolicy) : [],
      ),
    ]
    const refusals = errors.map((error) => refusal(request, formatFieldError(error)))
    const [first] = refusals
    if (first === undefined) return
    if (refusals.length === 1) throw first
    throw new StatusError("", 500, aggregateMessages(refusals.map(({ message }) => message)))
  },
}

const LISTS = ["initContainers", "containers", "ephemeralContainers"] as const

function containersOf({ spec }: Pick<Draft<Pod>, "spec">) {
  return LISTS.flatMap((list) =>
    (spec[list] ?? []).map((container, index) => ({ container, at: FieldPath.root("spec").child(list).index(index) })),
  )
}

/** The pod, unless it is changed without a new image. */
function newImages(request: AdmissionRequest): Draft<Pod> | undefined {
  const { operation, old } = request
  const pod = podOf(request)
  if (pod === undefined || operation === "CREATE") return pod
  if (operation !== "UPDATE") return undefined
  const before = new Set(containersOf(old as unknown as Draft<Pod>).map(({ container }) => container.image))
  return containersOf(pod).some(({ container }) => !before.has(container.image)) ? pod : undefined
}

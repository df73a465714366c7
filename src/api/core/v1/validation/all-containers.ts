import type { FieldPath } from "../../../../machinery/field/path.ts"
import type { Container } from "../container.ts"
import type { PodSpec } from "../pod-spec.ts"

/** Every container of a pod with its path: init containers first, then regular and ephemeral ones, as in Kubernetes. */
export function containersOf(
  spec: PodSpec,
  path: FieldPath,
): readonly { readonly container: Container; readonly at: FieldPath }[] {
  const placed = (list: readonly Container[] | undefined, member: string) =>
    (list ?? []).map((container, index) => ({ container, at: path.child(member).index(index) }))
  return [
    ...placed(spec.initContainers, "initContainers"),
    ...placed(spec.containers, "containers"),
    ...placed(spec.ephemeralContainers, "ephemeralContainers"),
  ]
}

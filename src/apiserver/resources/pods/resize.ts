import { isMirrorPod } from "../../../api/core/v1/mirror-pod.ts"
import type { Pod } from "../../../api/core/v1/pod.ts"
import { qosClass } from "../../../api/core/v1/pod-qos.ts"
import type { FieldError } from "../../../machinery/field/error.ts"
import * as field from "../../../machinery/field/error.ts"
import { deepEqual } from "../../../machinery/patch/structure.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { invalid } from "../../../machinery/status/errors.ts"
import type { DraftObject } from "../draft.ts"
import { toDraft } from "../draft.ts"
import { groupKind, type Scope } from "../scope.ts"

type Container = Draft<Pod>["spec"]["containers"][number]
type Resources = Container["resources"]

/** What a pod's `resize` can change: cpu and memory of its containers while they run. */
const RESIZABLE: ReadonlySet<string> = new Set(["cpu", "memory"])

/**
 * The pod with the sent resources of its containers and nothing else of what was sent.
 * https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
export function withResources(scope: Scope, old: Pod, sent: DraftObject): DraftObject {
  const pod = toDraft(old)
  const { spec } = pod as unknown as Draft<Pod>
  const asked = (sent as unknown as Draft<Pod>).spec
  const errors = [
    ...pairErrors("containers", old.spec.containers, asked.containers),
    ...pairErrors("initContainers", old.spec.initContainers ?? [], asked.initContainers ?? []),
  ]
  throwAll(scope, errors)
  adopt(spec.containers, asked.containers)
  adopt(spec.initContainers ?? [], asked.initContainers ?? [])
  if (asked.resources === undefined) delete spec.resources
  else spec.resources = asked.resources
  pod.metadata.resourceVersion = sent.metadata.resourceVersion
  throwAll(scope, changeErrors(old, spec))
  return pod
}

function throwAll({ resource, name }: Scope, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(groupKind(resource), name, errors)
}

interface Named {
  readonly name: string
}

function pairErrors(list: string, before: readonly Named[], now: readonly Named[]): FieldError[] {
  if (before.length !== now.length) {
    return [field.forbidden(`spec.${list}`, `${list} may not be added or removed on resize`)]
  }
  return before.flatMap(({ name }, index) =>
    now[index]?.name === name
      ? []
      : [field.forbidden(`spec.${list}[${index}].name`, `${list} may not be renamed or reordered on resize`)],
  )
}

function adopt(containers: readonly Container[], asked: readonly Container[]): void {
  for (const [index, container] of containers.entries()) {
    const from = asked[index]
    if (from === undefined) continue
    container.resources = from.resources
    if (from.resizePolicy === undefined) delete container.resizePolicy
    else container.resizePolicy = from.resizePolicy
  }
}

function changeErrors(old: Pod, spec: Draft<Pod>["spec"]): FieldError[] {
  if (isMirrorPod(old)) {
    return [field.forbidden("", "static pods cannot be resized")]
  }
  if (old.spec.os?.name === "windows") return [field.forbidden("", "windows pods cannot be resized")]
  const errors: FieldError[] = []
  const before = old.status.qosClass ?? qosClass(old.spec)
  if (before !== qosClass(spec as Pod["spec"])) {
    errors.push(field.invalid("spec", before, "Pod QOS Class may not change as a result of resizing"))
  }
  if (!isSupported(old)) errors.push(field.forbidden("spec", "Pod running on node without support for resize"))
  errors.push(...resourceErrors("containers", old.spec.containers, spec.containers))
  errors.push(...resourceErrors("initContainers", old.spec.initContainers ?? [], spec.initContainers ?? []))
  if (!deepEqual(old.spec.resources ?? {}, spec.resources ?? {})) {
    errors.push(field.forbidden("spec", "only cpu and memory resources are mutable"))
  }
  return errors
}

/** Nodes that can resize report the resources that containers run with. */
function isSupported({ status }: Pod): boolean {
  const running = status.containerStatuses?.find(({ state }) => state?.running !== undefined)
  return running === undefined || running.resources !== undefined
}

function resourceErrors(
  list: string,
  before: readonly Pick<Pod["spec"]["containers"][number], "resources">[],
  now: readonly Container[],
) {
  return before.flatMap(({ resources: was }, index) => {
    const path = `spec.${list}[${index}].resources`
    const { resources } = now[index] ?? {}
    const errors: FieldError[] = []
    for (const what of ["requests", "limits"] as const) {
      const removed = Object.keys(was?.[what] ?? {}).some((name) => resources?.[what]?.[name] === undefined)
      if (removed) errors.push(field.forbidden(`${path}.${what}`, `resource ${what} cannot be removed`))
    }
    if (!deepEqual(fixed(was as Resources), fixed(resources))) {
      errors.push(field.forbidden("spec", "only cpu and memory resources are mutable"))
    }
    return errors
  })
}

/** The part that a resize may not touch. */
function fixed(resources: Resources | undefined): unknown {
  const keep = (amounts: Readonly<Record<string, string>> | undefined) =>
    Object.entries(amounts ?? {})
      .filter(([name]) => !RESIZABLE.has(name))
      .sort()
  return [keep(resources?.requests), keep(resources?.limits), resources?.claims ?? []]
}

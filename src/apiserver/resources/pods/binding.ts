import { Binding } from "../../../api/core/v1/binding.ts"
import { Pod } from "../../../api/core/v1/pod.ts"
import * as field from "../../../machinery/field/error.ts"
import { aggregateMessages, formatFieldError } from "../../../machinery/field/error.ts"
import type { Draft } from "../../../machinery/schema/schema.ts"
import { badRequest, conflict } from "../../../machinery/status/errors.ts"
import { StatusError } from "../../../machinery/status/status-error.ts"
import { askedBy } from "../../admission/asked-by.ts"
import type { ApiResult } from "../../call.ts"
import type { DraftObject } from "../draft.ts"
import { toDraft } from "../draft.ts"
import { readBody } from "../object-machinery.ts"
import { optionsObject, writeOptions } from "../request-options.ts"
import type { Scope } from "../scope.ts"
import { success } from "../success.ts"
import { updateObject } from "../update.ts"
import { setPodCondition } from "./conditions.ts"

/** `POST` to a pod's `binding`: gives an unassigned pod its node. */
export function handleBinding(scope: Scope): Promise<ApiResult> {
  return bind(scope, scope.name)
}

/** `POST` to `bindings`, where the body names the pod. */
export function handleLegacyBinding(scope: Scope): Promise<ApiResult> {
  return bind({ ...scope, resource: Pod, subresource: "binding" }, "")
}

type PodDraft = Draft<Pod>

async function bind(scope: Scope, nameInPath: string): Promise<ApiResult> {
  const { call, backend, namespace } = scope
  const options = writeOptions(call, "CreateOptions")
  const sent = readBody(call.body, { resource: Binding, fieldValidation: options.fieldValidation, warn: call.warn })
  const name = sent.metadata.name ?? ""
  if (nameInPath !== "" && name !== nameInPath) throw badRequest("name in URL does not match name in Binding object")
  const of = { ...scope, name }
  sent.metadata.namespace ||= namespace
  checkTarget(sent)
  const request = {
    operation: "CREATE",
    resource: Pod,
    subresource: "binding",
    namespace,
    name,
    dryRun: options.dryRun,
    object: sent,
    old: undefined,
    kind: Binding,
    options: () => optionsObject(call, "CreateOptions"),
    ...askedBy(call),
  } as const
  await backend.admission.mutate(request)
  await backend.admission.validate(request)
  const target = checkTarget(sent)
  await updateObject(of, options, {
    mustExist: true,
    direct: true,
    uid: sent.metadata.uid,
    transform: (old) => {
      const pod = toDraft((old as NonNullable<typeof old>).object)
      assign(pod as unknown as PodDraft, target, backend.platform.clock.nowMs())
      for (const kind of ["annotations", "labels"] as const) {
        const added = sent.metadata[kind]
        if (added !== undefined) Object.assign((pod.metadata[kind] ??= Object.create(null) as typeof added), added)
      }
      if (sent.metadata.resourceVersion) pod.metadata.resourceVersion = sent.metadata.resourceVersion
      return pod
    },
  })
  return success(201)
}

function checkTarget(binding: DraftObject): string {
  const { kind = "", name = "" } = (binding["target"] ?? {}) as { kind?: string; name?: string }
  const errors = []
  if (kind !== "" && kind !== "Node") errors.push(field.notSupported("target.kind", kind, ["Node", "<empty>"]))
  if (name === "") errors.push(field.required("target.name"))
  // Kubernetes does not say that this is the client's fault.
  if (errors.length > 0) throw new StatusError("", 500, aggregateMessages(errors.map(formatFieldError)))
  return name
}

function assign(pod: PodDraft, node: string, nowMs: number): void {
  const { name, deletionTimestamp } = pod.metadata
  const refuse = (why: string) => conflict({ group: "", resource: "pods/binding" }, name, why)
  if (deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  if (pod.spec.nodeName) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`)
  if ((pod.spec.schedulingGates?.length ?? 0) > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
  pod.spec.nodeName = node
  delete pod.status.nominatedNodeName
  setPodCondition(pod.status, { type: "PodScheduled", status: "True" }, nowMs)
}

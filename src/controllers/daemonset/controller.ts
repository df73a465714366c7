import { ControllerRevision } from "../../api/apps/v1/controller-revision.ts"
import { DaemonSet } from "../../api/apps/v1/daemon-set.ts"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { keyOf } from "../../client/informer.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import { compileLabelSelector, formatLabelSelector } from "../../machinery/selectors/label-selector.ts"
import { type ControllerContext, defineController, ownerKey } from "../define-controller.ts"
import { currentRevision, truncateHistory } from "../history/revisions.ts"
import { createOwnedPod, deleteOwnedPod, settleOwnership } from "../pods/pod-control.ts"
import { availableAtMs } from "../pods/pod-state.ts"
import { candidatesOf, indexPodsByOwner, podsOf } from "../pods/pods-by-owner.ts"
import { Failures } from "./failures.ts"
import { nodeOf, REVISION_LABEL, templateFor } from "./placement.ts"
import { plan, type Step, statusOf, type World } from "./plan.ts"

/** Runs one pod of a DaemonSet on each node that suits it. */
export const daemonSetController = defineController({
  name: "daemon-set-controller",
  eventSource: "daemonset-controller",
  reads: [DaemonSet, Pod, Node, ControllerRevision],
  writes: [
    { resource: Pod, verbs: ["create", "delete", "patch"] },
    { resource: DaemonSet, subresource: "status", verbs: ["update"] },
    { resource: ControllerRevision, verbs: ["create", "update", "delete"] },
  ],
  start(context) {
    const sets = context.informer(DaemonSet)
    indexPodsByOwner(context)
    context.enqueueOn(DaemonSet)
    context.enqueueOn(Pod, (change) => {
      const owners = ownerKey(DaemonSet)(change)
      if (owners.length > 0) return owners
      return sets
        .list(change.object.metadata.namespace)
        .filter(({ spec }) => compileLabelSelector(spec.selector).matches(change.object.metadata.labels))
        .map(keyOf)
    })
    context.enqueueOn(Node, (change) => {
      const same = change.type === "updated" && placementPart(change.object) === placementPart(change.previous)
      return same ? [] : sets.list().map(keyOf)
    })
    const failures = new Failures()
    return (key) => reconcile(context, key, failures)
  },
})

const placementPart = ({ metadata, spec }: Node): string => JSON.stringify([metadata.labels, spec.taints])

async function reconcile(context: ControllerContext, key: string, failures: Failures) {
  const set = context.informer(DaemonSet).get(key)
  if (set === undefined) return
  if (formatLabelSelector(set.spec.selector) === "") {
    const message = "This daemon set is selecting all pods. A non-empty selector is required."
    context.events.record(set, "Warning", "SelectingAll", message)
    return
  }
  const { clock } = context.platform
  const pods = await settleOwnership(context, set, compileLabelSelector(set.spec.selector), candidatesOf(context, set))
  const history = await currentRevision(context, set)
  const world: World = {
    set,
    pods,
    nodes: context.informer(Node).list(),
    hash: history.hash,
    nowMs: clock.nowMs(),
  }
  let againAfterMs: number | undefined
  if (set.metadata.deletionTimestamp === undefined) {
    for (const step of plan(world)) {
      const waitMs = await carryOut(context, world, step, failures)
      if (waitMs !== undefined) againAfterMs = Math.min(againAfterMs ?? waitMs, waitMs)
    }
    const inUse = new Set(pods.map(({ metadata }) => metadata.labels?.[REVISION_LABEL] ?? ""))
    await truncateHistory(context, set, history, inUse)
  }
  const own = podsOf(context, set)
  const status = statusOf({ ...world, pods: own })
  if (!deepEqual(status, set.status)) {
    const spec = { ...set.spec, selector: set.spec.selector ?? {} }
    await context.client.of(DaemonSet).updateStatus({ ...set, spec, status })
  }
  const later = own
    .flatMap((pod) => availableAtMs(pod, set.spec.minReadySeconds ?? 0) ?? [])
    .map((atMs) => atMs - world.nowMs)
    .filter((waitMs) => waitMs > 0)
  const waits = againAfterMs === undefined ? later : [...later, againAfterMs]
  return waits.length === 0 ? undefined : { againAfterMs: Math.min(...waits) }
}

/** Returns how long to wait before the step can be tried, when its node rests. */
async function carryOut(
  context: ControllerContext,
  { set, hash, nowMs }: World,
  step: Step,
  failures: Failures,
): Promise<number | undefined> {
  const told = (what: string, pod: Pod) =>
    `Found ${what} daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${nodeOf(pod)}`
  switch (step.do) {
    case "create":
      await createOwnedPod(context, set, templateFor(set, step.node, hash))
      return undefined
    case "replaceFailed": {
      // The kubelet may refuse the next one just as well.
      const waitMs = failures.note(`${set.metadata.uid}/${nodeOf(step.pod)}`, nowMs)
      if (waitMs > 0) return waitMs
      context.events.record(set, "Warning", "FailedDaemonPod", `${told("failed", step.pod)}, will try to kill it`)
      await failIfAny(deleteOwnedPod(context, set, step.pod))
      return undefined
    }
    case "replaceSucceeded":
      context.events.record(
        set,
        "Normal",
        "SucceededDaemonPod",
        `${told("succeeded", step.pod)}, will try to delete it`,
      )
      await failIfAny(deleteOwnedPod(context, set, step.pod))
      return undefined
    case "delete":
      await failIfAny(deleteOwnedPod(context, set, step.pod))
      return undefined
  }
}

async function failIfAny(outcome: Promise<unknown>): Promise<void> {
  const error = await outcome
  if (error !== undefined) throw error
}

import { Namespace } from "../../api/core/v1/namespace.ts"
import type { Client } from "../../client/client.ts"
import { DiscoveredResources } from "../../client/discovered-resources.ts"
import { deepEqual } from "../../machinery/patch/structure.ts"
import type { AnyResource, KubeObject } from "../../machinery/schema/resource.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { timeFromMs, timeToMs } from "../../machinery/time/timestamp.ts"
import { type ControllerContext, type ControllerDefinition, defineController } from "../define-controller.ts"
import {
  conditionsOf,
  deletionOrder,
  kubernetesFinalizer,
  mergeConditions,
  type Round,
  recheckAfterMs,
} from "./plan.ts"

/** Of kinds that cannot be listed. */
const NOTHING = { items: [] }

/** What other resources, such as custom ones, are and hold is found out anew for each namespace. */
const ANY_RESOURCE = { apiGroups: ["*"], resources: ["*"], verbs: ["delete", "deletecollection", "get", "list"] }

/** Empties a namespace that is being deleted and then lets it go. */
export function namespaceController(resources: readonly AnyResource[]): ControllerDefinition {
  return defineController({
    name: "namespace-controller",
    reads: [Namespace],
    writes: [
      { resource: Namespace, verbs: ["update"], subresource: "finalize" },
      { resource: Namespace, verbs: ["update"], subresource: "status" },
    ],
    rights: [ANY_RESOURCE],
    start(context) {
      context.enqueueOn(Namespace)
      const others = new DiscoveredResources(context.client, resources)
      return (name) => reconcile(context, resources, others, name)
    },
  })
}

async function reconcile(
  context: ControllerContext,
  resources: readonly AnyResource[],
  others: DiscoveredResources,
  name: string,
): Promise<{ againAfterMs: number } | undefined> {
  const namespace = context.informer(Namespace).get(name)
  if (namespace?.metadata.deletionTimestamp === undefined) return
  if (!namespace.spec.finalizers?.includes(kubernetesFinalizer)) return
  const discovered = await others.read()
  const order = deletionOrder([...resources, ...discovered.resources])
  const round = await deleteContent(context, order, name, discovered.failures)
  const done = round.remaining.size === 0 && round.failures.length === 0 && round.undiscovered.length === 0
  await writeConditions(context, namespace, round)
  if (!done) {
    const endingForMs = context.platform.clock.nowMs() - timeToMs(namespace.metadata.deletionTimestamp)
    return { againAfterMs: recheckAfterMs(endingForMs) }
  }
  await finalize(context, name)
  return undefined
}

async function deleteContent(
  { client }: ControllerContext,
  order: readonly (readonly AnyResource[])[],
  namespace: string,
  undiscovered: readonly string[],
): Promise<Round> {
  const round = {
    remaining: new Map<string, number>(),
    finalizers: new Map<string, number>(),
    failures: [] as string[],
    undiscovered,
  }
  for (const stage of order) {
    await Promise.all(
      stage.map(async (resource) => {
        try {
          await deleteAll(client, resource, namespace)
          const { items } = resource.verbs.includes("list") ? await client.of(resource).list({ namespace }) : NOTHING
          if (items.length > 0) note(round, resource, items as readonly KubeObject[])
        } catch (error) {
          if (!isNotFound(error)) round.failures.push(messageOf(error))
        }
      }),
    )
    // The next stage may hold what the objects of this one still use.
    if (round.remaining.size > 0) break
  }
  return round
}

/** Some servers, behind API services, delete one by one only. */
async function deleteAll(client: Client, resource: AnyResource, namespace: string): Promise<void> {
  const objects = client.of(resource)
  const propagationPolicy = "Background"
  if (resource.verbs.includes("deletecollection")) {
    await objects.deleteCollection({ namespace }, { propagationPolicy })
    return
  }
  if (!resource.verbs.includes("list")) return
  for (const { metadata } of (await objects.list({ namespace })).items as readonly KubeObject[]) {
    const preconditions = { uid: metadata.uid }
    await objects.delete(metadata, { propagationPolicy, preconditions }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}

function note(
  round: { readonly remaining: Map<string, number>; readonly finalizers: Map<string, number> },
  resource: AnyResource,
  items: readonly KubeObject[],
): void {
  round.remaining.set(
    resource.group === "" ? `${resource.plural}.` : `${resource.plural}.${resource.group}`,
    items.length,
  )
  for (const finalizer of items.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
    round.finalizers.set(finalizer, (round.finalizers.get(finalizer) ?? 0) + 1)
  }
}

async function writeConditions(context: ControllerContext, namespace: Namespace, round: Round): Promise<void> {
  const now = timeFromMs(context.platform.clock.nowMs())
  const conditions = mergeConditions(namespace, conditionsOf(round), now)
  if (deepEqual(conditions, namespace.status.conditions)) return
  await context.client.of(Namespace).updateStatus({ ...namespace, status: { ...namespace.status, conditions } })
}

/** Removing the last spec finalizer makes the server remove the namespace. */
async function finalize({ client }: ControllerContext, name: string): Promise<void> {
  try {
    const current = await client.of(Namespace).get({ name })
    const finalizers = current.spec.finalizers?.filter((finalizer) => finalizer !== kubernetesFinalizer) ?? []
    await client.raw.put(`/api/v1/namespaces/${encodeURIComponent(name)}/finalize`, {
      ...current,
      spec: { ...current.spec, finalizers },
    })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

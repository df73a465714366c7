import type { InputOf } from "../../machinery/schema/schema.ts"
import type { ContainerState } from "../container.ts"
import { EVENT_TYPES, numberOf } from "../cri/enums.ts"
import { nanoseconds } from "../cri/nanoseconds.ts"
import type { ContainerEventResponse } from "../cri/node-messages.ts"
import { type ContainerRuntime, isRuntimeError, type RuntimeEvent } from "../runtime.ts"
import type { SandboxId, SandboxState } from "../sandbox.ts"
import { containerStatusMessage, sandboxStatusMessage } from "./to-cri.ts"

type Message = InputOf<typeof ContainerEventResponse>
type EventType = (typeof EVENT_TYPES)[number]

/**
 * What happens from now on. The port tells of everything that exists first, CRI of changes only, so what is known at the
 * beginning is left out. Sandboxes are containers here, as CRI has it.
 */
export async function* containerEvents(
  runtime: ContainerRuntime,
  nowNs: () => bigint,
  signal: AbortSignal,
): AsyncGenerator<Message> {
  const states = new Map<string, SandboxState | ContainerState>()
  for (const { id, state } of await runtime.listPodSandboxes()) states.set(id, state)
  for (const { id, state } of await runtime.listContainers()) states.set(id, state)
  for await (const event of runtime.events(signal)) {
    const [id, sandboxId] = idsOf(event)
    const state = stateOf(event)
    const before = states.get(id)
    if (state === before) continue
    if (state === undefined) states.delete(id)
    else states.set(id, state)
    const about = await sandboxWithContainers(runtime, sandboxId)
    for (const type of typesOf(before, state)) {
      const containerEventType = numberOf(EVENT_TYPES, type)
      yield { containerId: id, containerEventType, createdAt: nanoseconds(nowNs()), ...about }
    }
  }
}

function idsOf(event: RuntimeEvent): readonly [id: string, sandbox: SandboxId] {
  switch (event.type) {
    case "sandbox":
      return [event.sandbox.id, event.sandbox.id]
    case "sandbox-removed":
      return [event.id, event.id]
    case "container":
      return [event.container.id, event.container.sandboxId]
    case "container-removed":
      return [event.id, event.sandboxId]
  }
}

function stateOf(event: RuntimeEvent): SandboxState | ContainerState | undefined {
  if (event.type === "sandbox") return event.sandbox.state
  return event.type === "container" ? event.container.state : undefined
}

function typesOf(before: string | undefined, state: string | undefined): readonly EventType[] {
  const created: readonly EventType[] = before === undefined ? ["CREATED"] : []
  switch (state) {
    case undefined:
      return ["DELETED"]
    case "CREATED":
      return created
    case "READY":
    case "RUNNING":
      return [...created, "STARTED"]
    default:
      return [...created, "STOPPED"]
  }
}

/** The whole pod after the change, so that a listener need not ask; nothing when it is gone meanwhile. */
async function sandboxWithContainers(
  runtime: ContainerRuntime,
  sandboxId: SandboxId,
): Promise<Pick<Message, "podSandboxStatus" | "containersStatuses">> {
  try {
    const status = await runtime.podSandboxStatus(sandboxId)
    const containers = await runtime.listContainers({ sandboxId })
    const statuses = await Promise.all(containers.map(({ id }) => runtime.containerStatus(id)))
    return {
      podSandboxStatus: sandboxStatusMessage(status),
      containersStatuses: statuses.map(containerStatusMessage),
    }
  } catch (error) {
    if (isRuntimeError(error, "NotFound")) return {}
    throw error
  }
}

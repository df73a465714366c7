import { type ContainerId, type ContainerRuntime, isRuntimeError, type RuntimeEvent } from "../../runtime/runtime.ts"

/** Resolves when the container has ended or is gone, or the signal aborts. Nothing polls. */
export async function containerEnded(
  runtime: Pick<ContainerRuntime, "events" | "containerStatus">,
  id: ContainerId,
  signal: AbortSignal,
): Promise<void> {
  const enough = new AbortController()
  const wait = async () => {
    for await (const event of runtime.events(AbortSignal.any([signal, enough.signal]))) if (saysEnd(event, id)) return
  }
  try {
    const ended = wait()
    // The events begin with what exists; what is gone already has none.
    await Promise.race([ended, isOver(runtime, id).then((over) => (over ? undefined : ended))])
  } finally {
    enough.abort()
  }
}

function saysEnd(event: RuntimeEvent, id: ContainerId): boolean {
  if (event.type === "container-removed") return event.id === id
  return event.type === "container" && event.container.id === id && event.container.state === "EXITED"
}

async function isOver(runtime: Pick<ContainerRuntime, "containerStatus">, id: ContainerId): Promise<boolean> {
  try {
    return (await runtime.containerStatus(id)).state === "EXITED"
  } catch (error) {
    if (isRuntimeError(error, "NotFound")) return true
    throw error
  }
}

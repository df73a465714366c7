import type { RuntimeError } from "../errors.ts"
import type { ContainerRuntime } from "../runtime.ts"
import type { FakeState } from "./state.ts"

type Method = keyof ContainerRuntime

/** Notes the calls of a test's subject, and makes those fail that the test wants to. */
export interface Recorder {
  readonly calls: readonly string[]
  record<T>(method: Method, subject: string, work: () => T | Promise<T>): Promise<T>
  failNext(method: Method, error: RuntimeError): void
  /** `name#attempt`, or the id when there is no such container. */
  containerName(id: string): string
  /** `namespace/name`, or the id when there is no such sandbox. */
  podName(id: string): string
}

export function createRecorder({ sandboxes, containers }: Pick<FakeState, "sandboxes" | "containers">): Recorder {
  const calls: string[] = []
  const failures = new Map<Method, RuntimeError[]>()
  const metadataIn = <T>(map: ReadonlyMap<string, { readonly config: { readonly metadata: T } }>, id: string) =>
    map.get(id)?.config.metadata
  return {
    calls,
    async record(method, subject, work) {
      calls.push(`${method} ${subject}`)
      const failure = failures.get(method)?.shift()
      if (failure !== undefined) throw failure
      return work()
    },
    failNext: (method, error) => void failures.set(method, [...(failures.get(method) ?? []), error]),
    containerName(id) {
      const metadata = metadataIn(containers, id)
      return metadata === undefined ? id : `${metadata.name}#${metadata.attempt}`
    },
    podName(id) {
      const metadata = metadataIn(sandboxes, id)
      return metadata === undefined ? id : `${metadata.namespace}/${metadata.name}`
    },
  }
}

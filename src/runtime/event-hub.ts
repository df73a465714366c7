/** Hands every published event to every listener, without loss and in order. */
export interface EventHub<T> {
  publish(event: T): void
  /** `initial` is called at once, so that nothing published afterwards is missed. Ends when aborted or closed. */
  subscribe(signal: AbortSignal, initial: () => readonly T[]): AsyncIterable<T>
  close(): void
}

export function createEventHub<T>(): EventHub<T> {
  const listeners = new Set<{ queue: T[]; wake: () => void }>()
  let closed = false
  return {
    publish(event) {
      for (const listener of listeners) {
        listener.queue.push(event)
        listener.wake()
      }
    },
    subscribe(signal, initial) {
      const listener = { queue: [...initial()], wake: () => undefined as void }
      listeners.add(listener)
      const stop = () => listener.wake()
      signal.addEventListener("abort", stop)
      return (async function* () {
        try {
          for (;;) {
            if (signal.aborted || closed) return
            const event = listener.queue.shift()
            if (event !== undefined) {
              yield event
              continue
            }
            const woken = Promise.withResolvers<void>()
            listener.wake = woken.resolve
            await woken.promise
          }
        } finally {
          listeners.delete(listener)
          signal.removeEventListener("abort", stop)
        }
      })()
    },
    close() {
      closed = true
      for (const { wake } of listeners) wake()
    },
  }
}

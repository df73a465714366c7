/** Calls for the same thing that arrive while one is under way share its result. */
export function sharing<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>()
  return (key, work) => {
    const before = running.get(key)
    if (before !== undefined) return before
    const now = work().finally(() => running.delete(key))
    running.set(key, now)
    return now
  }
}

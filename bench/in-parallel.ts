/** Runs a task for each index below `count`, so many at a time. */
export async function inParallel(
  atOnce: number,
  count: number,
  task: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await task(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/**
 * Runs `act` `count` times in batches of 1, 2, 4, … and stops after the first batch with a failure, so that a request
 * that the server refuses is not sent hundreds of times. Returns how many succeeded, and the first failure.
 */
export async function inGrowingBatches(
  count: number,
  act: () => Promise<void>,
): Promise<{ readonly succeeded: number; readonly failure?: unknown }> {
  let succeeded = 0
  for (let size = 1; succeeded < count; size *= 2) {
    const batch = Array.from({ length: Math.min(size, count - succeeded) }, act)
    const results = await Promise.allSettled(batch)
    const failed = results.find((result) => result.status === "rejected")
    succeeded += results.filter((result) => result.status === "fulfilled").length
    if (failed !== undefined) return { succeeded, failure: failed.reason }
  }
  return { succeeded }
}

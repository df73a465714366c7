import { createInterface } from "node:readline"
import { simulate } from "./simulate.ts"

/** Runs the simulations whose seeds come on standard input, and writes what came of each as a line of JSON. */
export async function work(steps: number | undefined): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await simulate(Number(line), steps))}\n`)
  }
}

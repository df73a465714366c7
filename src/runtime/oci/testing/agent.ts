/**
 * Runs pods in a process of its own, for tests that kill it. `node agent.ts ROOT PLAN`, with the plan's words:
 * `run` makes a pod whose container runs, `end` one whose container ends once `ROOT/go` exists, `stuck` one whose network
 * is never ready, `churn` makes and removes pods for ever. Prints a line before each step.
 */
import { conformancePrograms, type Fixture } from "../../conformance/fixture.ts"
import type { ContainerRuntime } from "../../runtime.ts"
import type { SandboxId } from "../../sandbox.ts"
import { createTestMachine } from "./machine.ts"

const [root = "", ...plan] = process.argv.slice(2)
const machine = createTestMachine(root)
const print = (line: string) => void process.stdout.write(`${line}\n`)

/** Says what it does before it does it. */
async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  print(name)
  return work()
}

const steps: Record<string, (runtime: ContainerRuntime, fixture: Fixture) => Promise<void>> = {
  async run(_, fixture) {
    const { id } = await fixture.started(conformancePrograms.copiesInput, { stdin: true })
    print(`running ${id}`)
  },
  async end(_, fixture) {
    const mounts = [{ hostPath: root, containerPath: "/signal", readonly: true, propagation: "PRIVATE" }] as const
    const wait = "until test -e /signal/go; do :; done; echo late; exit 5"
    const { id } = await fixture.started(["sh", "-c", wait], { mounts })
    print(`ends ${id}`)
  },
  async stuck(_, fixture) {
    const never = Promise.withResolvers<never>()
    const network = { ...machine.options.network, setUp: () => step("network", () => never.promise) }
    const runtime = await machine.open({ network })
    await runtime.runPodSandbox(fixture.pod())
  },
  async churn(runtime, fixture) {
    for (;;) {
      const sandbox: SandboxId = await step("sandbox", () => runtime.runPodSandbox(fixture.pod()))
      const config = fixture.container(conformancePrograms.runs)
      const id = await step("create", () => runtime.createContainer(sandbox, config))
      await step("start", () => runtime.startContainer(id))
      await step("stop", () => runtime.stopContainer(id, 0))
      await step("remove", () => runtime.removePodSandbox(sandbox))
    }
  },
}

const runtime = await machine.open()
for (const name of plan) await steps[name]?.(runtime, machine.fixture(runtime))
print("done")
// Stays until it is killed.
process.stdin.resume()

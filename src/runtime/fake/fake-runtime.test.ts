import { createSimPlatform } from "../../platform/sim/platform.ts"
import { conformanceCommands, conformancePort, conformancePrograms } from "../conformance/fixture.ts"
import { testRuntime } from "../conformance.ts"
import { createFakeRuntime, type FakeCommand, type FakeProgram } from "./fake-runtime.ts"

const key = (cmd: readonly string[]) => JSON.stringify(cmd)
const programs = new Map<string, FakeProgram>([
  [key(conformancePrograms.runs), { stopCode: 0 }],
  [key(conformancePrograms.ignoresTerm), { stopMs: "never" }],
  [key(conformancePrograms.endsWell), { runMs: 0 }],
  [key(conformancePrograms.endsBadly), { runMs: 5, exitCode: 3 }],
  [key(conformancePrograms.cannotStart), { startError: "/no/such/program: no such file" }],
  [key(conformancePrograms.copiesInput), {}],
  [key(conformancePrograms.echoesOnPort), { ports: [conformancePort] }],
])
const commands = new Map<string, FakeCommand>([
  [key(conformanceCommands.speaks), { stdout: "out\n", stderr: "err\n", exitCode: 7 }],
  [key(conformanceCommands.hangs), { runMs: 1_000_000 }],
  [key(conformanceCommands.copiesInput), { runMs: "stdin" }],
  [key(conformanceCommands.cannotRun), { error: "no such command" }],
])

testRuntime("fake", async () => {
  const { clock } = createSimPlatform({ seed: 1 })
  const runtime = createFakeRuntime({
    clock,
    programs: ({ command }) => programs.get(key(command)) ?? {},
    commands: (_, cmd) => commands.get(key(cmd)) ?? {},
    hasImage: (image) => image === "present",
  })
  return {
    runtime,
    image: "present",
    cgroupParent: "/pods",
    logDirectory: "/logs",
    async settle(promise) {
      let done = false
      const noted = promise.finally(() => (done = true))
      noted.catch(() => undefined)
      await clock.advanceUntil(() => done)
      return noted
    },
    close: () => runtime.close(),
  }
})

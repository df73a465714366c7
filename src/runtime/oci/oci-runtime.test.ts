import assert from "node:assert/strict"
import { join } from "node:path"
import { testRuntime } from "../conformance.ts"
import { createTestMachine, testImage } from "./testing/machine.ts"

for (const runtimeHandler of ["crun", "runc"]) {
  testRuntime(runtimeHandler, async () => {
    const machine = createTestMachine()
    const runtime = await machine.open({ runtimeHandler })
    return {
      runtime,
      image: testImage,
      cgroupParent: machine.cgroup,
      logDirectory: join(machine.root, "logs"),
      settle: (promise) => promise,
      async close() {
        for (const { id } of await runtime.listPodSandboxes()) await runtime.removePodSandbox(id)
        const left = machine.leftovers()
        await machine.remove()
        assert.deepEqual(left, [])
      },
    }
  })
}

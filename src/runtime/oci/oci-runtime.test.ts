import { join } from "node:path"
import { testRuntime } from "../conformance.ts"
import { createTestMachine, testImage } from "./test-machine.ts"

for (const runtimeHandler of ["crun", "runc"]) {
  testRuntime(runtimeHandler, async () => {
    const machine = createTestMachine()
    return {
      runtime: await machine.open({ runtimeHandler }),
      image: testImage,
      cgroupParent: machine.cgroup,
      logDirectory: join(machine.root, "logs"),
      settle: (promise) => promise,
      close: machine.remove,
    }
  })
}

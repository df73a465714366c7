import { createTestMachine, testImage } from "../src/runtime/oci/testing/machine.ts"
import { percentile } from "./measurement.ts"

const ROUNDS = 20

/** The middle time, in milliseconds, of each step that the container runtime takes for a pod, without its network. */
export async function runtimeStages(): Promise<ReadonlyMap<string, number>> {
  const machine = createTestMachine()
  try {
    const runtime = await machine.open()
    const fixture = machine.fixture(runtime)
    const times = new Map<string, number[]>()
    const timed = async <T>(stage: string, work: () => Promise<T>): Promise<T> => {
      const beganMs = performance.now()
      const result = await work()
      times.set(stage, [...(times.get(stage) ?? []), performance.now() - beganMs])
      return result
    }
    for (let round = 0; round <= ROUNDS; round++) {
      // The first finds out whether the runtime works at all.
      if (round === 1) times.clear()
      const sandbox = await timed("sandbox", () => runtime.runPodSandbox(fixture.pod()))
      const image = { image: testImage, userSpecifiedImage: testImage }
      const config = fixture.container(["sleep", "1000"], { image })
      const id = await timed("create", () => runtime.createContainer(sandbox, config))
      await timed("start", () => runtime.startContainer(id))
      await timed("remove", () => runtime.removePodSandbox(sandbox))
    }
    return new Map([...times].map(([stage, all]) => [stage, percentile(all, 0.5)]))
  } finally {
    await machine.remove()
  }
}

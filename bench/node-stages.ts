import { createReadStream } from "node:fs"
import { join } from "node:path"
import { BUSYBOX, writeBusyboxArchive } from "../e2e/busybox-image.ts"
import { createImageStore } from "../src/images/image-store.ts"
import { createBridgeNetwork } from "../src/network/cni/bridge-network.ts"
import { createTestBed } from "../src/network/testing/namespaces.ts"
import { createTestMachine } from "../src/runtime/oci/testing/machine.ts"
import { percentile } from "./measurement.ts"

const ROUNDS = 20
const CIDRS = { podCidr: "10.244.0.0/24", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" }

/** The middle time, in milliseconds, of each step of a pod's start, with a real image and a real network; and of its end. */
export async function podStages(): Promise<ReadonlyMap<string, number>> {
  const cleanUps: (() => unknown)[] = []
  const machine = createTestMachine()
  try {
    const bed = createTestBed({ after: (cleanUp) => void cleanUps.push(cleanUp) })
    const { platform } = machine.options
    const bridge = createBridgeNetwork({
      name: "gbench0",
      ranges: [CIDRS],
      stateDir: join(bed.dir, "state"),
      netns: bed.namespace("node"),
      platform,
    })
    bed.defer(() => bridge.close())
    await bridge.start()
    const images = createImageStore({ dir: join(machine.root, "images"), platform })
    const archive = join(machine.root, "image.tar")
    await writeBusyboxArchive(archive)
    await images.load(createReadStream(archive))

    const times = new Map<string, number[]>()
    const timed = async <T>(stage: string, work: () => Promise<T>): Promise<T> => {
      const beganMs = performance.now()
      const result = await work()
      times.set(stage, [...(times.get(stage) ?? []), performance.now() - beganMs])
      return result
    }
    const network = {
      ...bridge,
      setUp: (request: Parameters<typeof bridge.setUp>[0]) => timed("network", () => bridge.setUp(request)),
    }
    const runtime = await machine.open({ images, network })
    const fixture = machine.fixture(runtime)
    for (let round = 0; round <= ROUNDS; round++) {
      // The first finds out whether the runtime works at all, and unpacks the image.
      if (round === 1) times.clear()
      const sandbox = await timed("sandbox, with its network", () => runtime.runPodSandbox(fixture.pod()))
      const found = await timed("image", () => images.status(BUSYBOX))
      const image = { image: found?.id ?? "", userSpecifiedImage: BUSYBOX }
      const id = await timed("create", () =>
        runtime.createContainer(sandbox, fixture.container(["sleep", "1000"], { image })),
      )
      await timed("start", () => runtime.startContainer(id))
      await timed("remove", () => runtime.removePodSandbox(sandbox))
    }
    return new Map([...times].map(([stage, all]) => [stage, percentile(all, 0.5)]))
  } finally {
    await machine.remove()
    for (const cleanUp of cleanUps.toReversed()) await cleanUp()
  }
}

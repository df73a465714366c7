import { storeConformance } from "../conformance.ts"
import { createMemoryStore } from "./memory-store.ts"

storeConformance("the memory store", (platform) =>
  Promise.resolve({
    store: createMemoryStore({ platform, retention: { ageMsMax: 24 * 3_600_000, bytesMax: 64 * 1024 * 1024 } }),
  }),
)

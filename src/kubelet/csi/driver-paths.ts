import { existsSync } from "node:fs"
import { below, hostFolder, STANDARD_FOLDER } from "../volumes/standard-folder.ts"

/**
 * How a driver sees the kubelet's folder. Drivers are installed with the standard path in their manifests; a kubelet whose
 * folder is elsewhere shows it at that path to pods that mount it (see `hostFolder`), and calls those drivers with paths
 * as they see them. Whether a driver is one of them, the address tells that it registered.
 */
export interface DriverPaths {
  /** Where the node finds the driver's socket. */
  readonly socketPath: string
  /** Of a path of the node. */
  toDriver(path: string): string
}

export function driverPaths(
  dataDir: string,
  endpoint: string,
  exists: (path: string) => boolean = existsSync,
): DriverPaths {
  const inFolder = hostFolder({ dataDir }, endpoint)
  // A driver that runs on the machine itself may really be at the standard path. One that does not listen yet is ours.
  const isMoved = inFolder !== endpoint && (exists(inFolder) || !exists(endpoint))
  return {
    socketPath: isMoved ? inFolder : endpoint,
    toDriver(path) {
      const rest = isMoved ? below(dataDir, path) : undefined
      return rest === undefined ? path : `${STANDARD_FOLDER}${rest}`
    },
  }
}

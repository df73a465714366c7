import { below, STANDARD_FOLDER } from "../volumes/standard-folder.ts"

/**
 * How a driver sees the kubelet's folder. Drivers are installed with the standard path in their manifests; a kubelet whose
 * folder is elsewhere shows it at that path to pods that mount it (see `hostFolder`), and calls those drivers with paths
 * as they see them. Whether a driver is one of them, the address tells that it registered.
 */
export interface DriverPaths {
  /** Of a path of the node. */
  toDriver(path: string): string
}

export function driverPaths(dataDir: string, endpoint: string): DriverPaths {
  const isStandard = dataDir !== STANDARD_FOLDER && below(STANDARD_FOLDER, endpoint) !== undefined
  return {
    toDriver(path) {
      const rest = isStandard ? below(dataDir, path) : undefined
      return rest === undefined ? path : `${STANDARD_FOLDER}${rest}`
    },
  }
}

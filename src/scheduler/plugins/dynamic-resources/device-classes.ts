import { DeviceClass } from "../../../api/resource/v1/device-class.ts"
import type { PluginHost } from "../../framework.ts"
import { type ClassOf, classesByResource } from "./extended-resources.ts"

export interface DeviceClasses {
  /** The class that stands behind an extended resource. */
  readonly behind: ClassOf
}

const known = new WeakMap<PluginHost, DeviceClasses>()

/** The device classes by the resources that they stand behind; one for all plugins. */
export function deviceClassesOf(host: PluginHost): DeviceClasses {
  const found = known.get(host)
  if (found !== undefined) return found
  const classes = host.informer(DeviceClass)
  let byResource: ReadonlyMap<string, DeviceClass> | undefined
  classes.onChange(() => {
    byResource = undefined
  })
  const made: DeviceClasses = {
    behind: (resource) => (byResource ??= classesByResource(classes.list())).get(resource),
  }
  known.set(host, made)
  return made
}

/** Tells a device from all others of the cluster: `driver/pool/device`. Pools may have slashes, the others have none. */
export type DeviceId = string

interface Placed {
  readonly driver: string
  readonly pool: string
  readonly device: string
}

export const deviceId = ({ driver, pool, device }: Placed): DeviceId => `${driver}/${pool}/${device}`

// Another server on the database of a test, in a process of its own. Its clock stands where the test's clock
// stood when it was started, so that both are in one minute however long the test takes.
import { openApp, readConfig } from '@ipto/server/src/app.ts'

const at = Number(process.argv[2])
const app = await openApp({ config: readConfig(), clock: { now: () => new Date(at) } })
process.once('disconnect', () => void app.close().then(() => process.exit(0)))
process.send?.({ url: app.url })

// The routes of API keys that take a list of datasets stand in `access`, which can answer for it.
import { route } from '../../base/route.ts'
import {
  changePassword,
  changeTenant,
  getTenant,
  logIn,
  logOut,
  signUp,
  whoAmI,
} from './identity.ts'
import {
  presentLogOut,
  presentMe,
  presentPasswordChange,
  presentSignedIn,
  presentTenant,
  readLogIn,
  readPasswordChange,
  readSignUp,
  readTenantChange,
} from './wire.ts'

const nothing = () => undefined

export const identityRoutes = {
  'auth.signup': route(readSignUp, signUp, presentSignedIn),
  'auth.login': route(readLogIn, logIn, presentSignedIn),
  'auth.logout': route(nothing, logOut, presentLogOut),
  'me.get': route(nothing, whoAmI, presentMe),
  'me.password': route(readPasswordChange, changePassword, presentPasswordChange),
  'tenant.get': route(nothing, getTenant, presentTenant),
  'tenant.update': route(readTenantChange, changeTenant, presentTenant),
}

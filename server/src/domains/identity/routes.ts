// The routes of API keys that take a list of datasets stand in `access`, which can answer for it.
import { route, routeList } from '../../base/route.ts'
import {
  acceptInvite,
  changeMember,
  changePassword,
  changeTenant,
  getTenant,
  inviteMember,
  issueAccessToken,
  listMembers,
  logIn,
  logOut,
  removeMember,
  signUp,
  whoAmI,
} from './identity.ts'
import { getOwnTenant, listOwnTenant } from './tenants.ts'
import {
  presentInvited,
  presentLogOut,
  presentMe,
  presentMember,
  presentPasswordChange,
  presentRemoval,
  presentSignedIn,
  presentTenant,
  presentTenantView,
  presentToken,
  readAcceptance,
  readInvitation,
  readLogIn,
  readMemberChange,
  readMemberId,
  readMemberPage,
  readPasswordChange,
  readSignUp,
  readTenantChange,
  readTenantId,
  readTokenRequest,
  readWindow,
} from './wire.ts'

const nothing = () => undefined

const token = route(readTokenRequest, issueAccessToken, presentToken)

export const identityRoutes = {
  'auth.signup': route(readSignUp, signUp, presentSignedIn),
  'auth.login': route(readLogIn, logIn, presentSignedIn),
  'auth.logout': route(nothing, logOut, presentLogOut),
  'auth.accept_invite': route(readAcceptance, acceptInvite, presentSignedIn),
  'oauth.token': token,
  'oauth.integration_token': token,
  'me.get': route(nothing, whoAmI, presentMe),
  'me.password': route(readPasswordChange, changePassword, presentPasswordChange),
  'tenant.get': route(nothing, getTenant, presentTenant),
  'tenant.update': route(readTenantChange, changeTenant, presentTenant),
  'members.list': routeList(readMemberPage, listMembers, presentMember),
  'members.invite': route(readInvitation, inviteMember, presentInvited),
  'members.update': route(readMemberChange, changeMember, presentMember),
  'members.remove': route(readMemberId, removeMember, presentRemoval),
  'companies.list': routeList(readWindow, listOwnTenant, presentTenantView),
  'companies.get': route(readTenantId, getOwnTenant, presentTenantView),
}

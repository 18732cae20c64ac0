import { issuer, httpUrl } from '../parsers/network.js';
import { listOf, parser } from '../parsers/parser.js';
import { seconds } from '../parsers/scalars.js';
import { optional, optionalList, variable } from '../variable.js';

const claim = parser('the name of a claim', (text) =>
  /^[\x21-\x7e]{1,200}$/.test(text) ? text : undefined,
);

export const oidc = {
  issuer: optional({
    name: 'OIDC_ISSUER',
    parser: issuer,
    guards: true,
    unset: 'no identity provider',
    example: 'https://id.example.com/realms/chat',
    description:
      'An identity provider (OpenID Connect) whose tokens are accepted as `Authorization: Bearer`, ' +
      'beside API keys; exactly as its tokens have it in `iss`. Every route but health and ' +
      'documentation needs a key or a token then.',
  }),
  audience: optionalList({
    name: 'OIDC_AUDIENCE',
    parser: listOf('names, separated by commas', (text) =>
      /^[\x21-\x7e]{1,500}$/.test(text) ? text : undefined,
    ),
    guards: true,
    unset: 'required with OIDC_ISSUER',
    example: 'chat',
    description:
      'Of which one must be in `aud` of a token: a token for another service must not open this one.',
  }),
  jwksUrl: optional({
    name: 'OIDC_JWKS_URL',
    parser: httpUrl,
    unset: 'as the discovery document of the issuer names it',
    example: 'https://id.example.com/realms/chat/protocol/openid-connect/certs',
    description: 'Address of the public keys of the identity provider.',
  }),
  ownerClaim: variable({
    name: 'OIDC_OWNER_CLAIM',
    parser: claim,
    default: 'sub',
    description:
      'The claim that says whose conversations a token opens; the owner is `oidc:` and its value. ' +
      'It must be one that users cannot choose.',
  }),
  scopeClaim: optional({
    name: 'OIDC_SCOPE_CLAIM',
    parser: claim,
    unset: 'every valid token has the scope `chat`',
    example: 'scope',
    description:
      'The claim with the scopes of a token (`chat`, `read`, `admin`): words separated by spaces, or ' +
      'a list. A token without any of them is 403.',
  }),
  clockSkewMs: variable({
    name: 'OIDC_CLOCK_SKEW',
    parser: seconds({ min: 0, max: 600 }),
    default: '60',
    description: 'By how many seconds the clock of the identity provider may differ from this one.',
  }),
};

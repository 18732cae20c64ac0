import {
  bareAddress,
  clientAddress,
  isPrivateAddress,
} from '../../src/common/http/client-address.js';
import { ConfiguredKeys } from '../../src/identity/configured-keys.js';
import { presentedCredentials } from '../../src/identity/presented-credential.js';
import { countCodePoints } from '../../src/common/validation/code-point-length.decorator.js';
import { AppError } from '../../src/common/errors/app-error.js';
import { errorBody, errorFields } from '../../src/common/errors/error-response.js';
import { apiKey } from '../support/settings.js';

describe('the address that limits count', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::ffff:cb00:7109', '203.0.113.9'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
    ['::1', '0:0:0:0::/64'],
    ['2001:DB8:0:1:ffff::1', '2001:db8:0:1::/64'],
    ['2001:db8:0:1:0:0:0:2', '2001:db8:0:1::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', 'unknown'],
    [undefined, 'unknown'],
    ['203.0.113.9:1234', 'unknown'],
  ])('%s → %s', (ip, client) => {
    expect(clientAddress(ip)).toBe(client);
  });

  it.each([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['172.31.0.1', true],
    ['172.32.0.1', false],
    ['192.168.0.1', true],
    ['100.64.0.1', true],
    ['100.128.0.1', false],
    ['169.254.1.1', true],
    ['::1', true],
    ['fe80::1%eth0', true],
    ['fd12::1', true],
    ['::ffff:10.0.0.1', true],
    ['::ffff:8.8.8.8', false],
    ['8.8.8.8', false],
    ['2001:db8::1', false],
    [undefined, false],
  ])('%s is private: %s', (ip, isPrivate) => {
    expect(isPrivateAddress(ip)).toBe(isPrivate);
  });

  it.each([
    ['203.0.113.1', '203.0.113.1'],
    [' 203.0.113.1:50001', '203.0.113.1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['"[2001:db8::1]:443"', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['[fe80::1%25eth0]', 'fe80::1'],
    ['::ffff:203.0.113.1', '::ffff:203.0.113.1'],
    ['unknown', undefined],
    ['_hidden', undefined],
    ['203.0.113.256', undefined],
    ['203.0.113.1:port', undefined],
    ['[2001:db8::1', undefined],
    ['', undefined],
  ])('what a proxy writes as %s is %s', (written, address) => {
    expect(bareAddress(written)).toBe(address);
  });
});

describe('API keys', () => {
  const keys = new ConfiguredKeys([apiKey('alice', 'a'.repeat(20)), apiKey('bob', 'b'.repeat(20))]);

  it('are required once there is one', () => {
    expect(new ConfiguredKeys([]).areThere).toBe(false);
    expect(keys.areThere).toBe(true);
  });

  it('find their owner, and say nothing of which was close', () => {
    expect(keys.grantOf('b'.repeat(20))).toMatchObject({ name: 'bob', owner: 'bob' });
    expect(keys.grantOf('a'.repeat(19))).toBeUndefined();
  });

  it.each([
    [['Accept', 'Bearer x'], []],
    [['Authorization', 'Bearer one'], ['one']],
    [['authorization', 'bearer  one '], ['one']],
    [['AUTHORIZATION', 'Basic abc', 'X-API-Key', ' one '], ['one']],
    [['Authorization', 'Bearer one', 'X-Api-Key', 'one'], ['one']],
    [
      ['Authorization', 'Bearer one', 'Authorization', 'Bearer two'],
      ['one', 'two'],
    ],
    [
      ['X-Api-Key', 'one', 'Authorization', 'Bearer two', 'X-Api-Key', 'three'],
      ['one', 'two', 'three'],
    ],
    [['X-Api-Key', ''], []],
  ])('are read from every header: %j', (rawHeaders, found) => {
    expect(presentedCredentials(rawHeaders).map(({ text }) => text)).toEqual(found);
  });
});

describe('code points', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['😀😀', 2],
    ['e\u0301', 2],
    ['👩‍👩‍👧', 5],
  ])('%s has %d', (text, count) => {
    expect(countCodePoints(text)).toBe(count);
  });
});

describe('what an error tells', () => {
  it('has the same three fields in a body and in a stream', () => {
    const error = new AppError('model_silent', 'The model said nothing', {
      cause: 'upstream text',
    });
    const fields = { error: 'The model said nothing', code: 'TIMEOUT', reason: 'model_silent' };
    expect(errorFields(error)).toEqual(fields);
    expect(errorBody(error, 'r')).toEqual({ ...fields, request_id: 'r' });
  });
});

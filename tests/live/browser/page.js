/* A phone in a page: JsSIP, told by the test's server what to do (GET /next), telling it what happens (POST /said). */
'use strict';

const search = new URLSearchParams(location.search);
const user = search.get('user');
const say = (...words) => fetch('/said?user=' + user, { method: 'POST', body: words.join(' ') });

/* CommonJS as far as JsSIP needs it: a module is a file under /modules, its name that of a package or relative to who asks. */
const loaded = {};
const packages = { debug: 'debug/src/browser.js', events: 'events/events.js', jssip: 'jssip/lib/JsSIP.js', ms: 'ms/index.js',
	'sdp-transform': 'sdp-transform/lib/index.js' };
function load(name, from) {
	let path = packages[name] || new URL(name, 'file:///' + from).pathname.slice(1);
	if (!/\.js(on)?$/.test(path))
		path += '.js';
	if (loaded[path])
		return loaded[path].exports;
	const request = new XMLHttpRequest();
	request.open('GET', '/modules/' + path, false);
	request.send();
	if (request.status !== 200)
		throw new Error('there is no ' + path);
	const module = loaded[path] = { exports: {} };
	if (path.endsWith('.json'))
		module.exports = JSON.parse(request.responseText);
	else
		new Function('require', 'module', 'exports', 'process', 'global', request.responseText)(
			other => load(other, path), module, module.exports, { env: {}, nextTick: f => setTimeout(f, 0) }, window);
	return module.exports;
}

const constraints = { audio: true, video: false };
let session = null;

function watch(event) {
	session = event.session;
	session.on('confirmed', () => say('confirmed', event.originator));
	session.on('ended', e => say('ended', e.originator));
	session.on('failed', e => say('failed', e.cause, e.message && e.message.status_code || ''));
	const look = connection => connection.addEventListener('iceconnectionstatechange', () => {
		if (/connected|completed/.test(connection.iceConnectionState))
			say('media');
	});
	session.connection ? look(session.connection) : session.on('peerconnection', e => look(e.peerconnection));
	if (event.originator === 'remote')
		session.answer({ mediaConstraints: constraints });
}

async function obey(ua) {
	for (;;) {
		const words = (await (await fetch('/next?user=' + user)).text()).split(' ');
		if (words[0] === 'call')
			ua.call(words[1], { mediaConstraints: constraints });
		else if (words[0] === 'hangup')
			session.terminate();
		else if (words[0] === 'leave')
			return ua.stop();
	}
}

try {
	const JsSIP = load('jssip', '');
	const ua = new JsSIP.UA({ sockets: [new JsSIP.WebSocketInterface(search.get('server'))], uri: 'sip:' + user + '@a.test',
		session_timers: false });
	ua.on('registered', () => say('registered'));
	ua.on('unregistered', () => say('unregistered'));
	ua.on('registrationFailed', e => say('registrationFailed', e.cause));
	ua.on('disconnected', e => say('disconnected', e.code, e.reason));
	ua.on('newRTCSession', watch);
	ua.start();
	obey(ua).catch(e => say('error', e));
} catch (e) {
	say('error', e.stack);
}

// A stand-in for the widget that needs nobody: it opens its frame, tries what
// the page's policy must stop, and fires the documented events of a login that
// is declined and of one that succeeds.
const account = {
  org_connection_id: '16e39045-5382-42a0-b93d-b75268984c1f', connection_status: 'authorized', platform_type: 'epic',
  brand_id: '5e3839ed-6ae1-472b-b4b8-b5df098443c7', portal_id: 'd26f0b1c-82e7-4cb5-a4c4-55e73d48c016',
  endpoint_id: 'f4ea79fc-9a1b-43f0-be95-24247d666514', scope: 'openid patient/*.read', consent_expires_at: '2027-01-01T00:00:00Z',
};
const facility = {
  org_connection_id: '77aa0c44-9c1d-4b52-8f44-0f7c55a1bb02', connection_status: 'connected', platform_type: 'tefca',
  scope: '', consent_expires_at: '', tefca_directory_id: 'urn:oid:2.16.840.1.111111.3.3126.2.3.33929.5',
};

class FastenStitchElement extends HTMLElement {
  connectedCallback() {
    const button = document.createElement('button');
    button.append(...this.childNodes);
    this.append(button);
    this.styled(button);
    this.inject('inline', (s) => { s.textContent = 'document.documentElement.dataset.inline = "ran"'; });
    this.inject('foreign', (s) => { s.src = 'data:text/javascript,document.documentElement.dataset.foreign="ran"'; });
    setTimeout(() => this.run(), 50);
  }

  // styled adds a style as Angular does: with the nonce that the page offers.
  styled(button) {
    const style = document.createElement('style');
    style.nonce = document.body.querySelector('[ngCspNonce]').getAttribute('ngCspNonce');
    style.textContent = 'fasten-stitch-element button { letter-spacing: 7px }';
    document.head.append(style);
    this.dataset.styled = getComputedStyle(button).letterSpacing;
  }

  inject(name, fill) {
    const script = document.createElement('script');
    fill(script);
    document.head.append(script);
  }

  say(type, data) {
    const detail = new MessageEvent('message', { data: JSON.stringify({ api_mode: 'test', event_type: type, data }) });
    this.dispatchEvent(new CustomEvent('eventBus', { detail }));
  }

  run() {
    this.say('patient.connection_pending', { public_id: this.getAttribute('public-id') });
    this.say('patient.connection_failed', { error: 'access_denied', error_description: '<img src=x onerror=alert(1)>', request_id: 'r-1' });
    this.say('search.query', { query: 'clinic' });
    this.say('patient.connection_pending', {});
    this.say('patient.connection_success', { ...account, external_id: this.getAttribute('external-id'), external_state: '' });
    this.say('patient.connection_failed', { error: 'server_error', error_description: '<b id="bold">no</b>', request_id: 'r-2' });
    this.say('widget.complete', [account, facility]);
  }
}

customElements.define('fasten-stitch-element', FastenStitchElement);

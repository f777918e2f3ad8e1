"""A person with a browser who sets a password with a mailed link, and signs in."""

import re

import httpx


def form_of(html):
    """Return the hidden fields of a page's last form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))


def set_password(link, user_name, password):
    """Set a password on the page that a mailed link opens."""
    with httpx.Client(follow_redirects=True) as browser:
        page = browser.get(link)
        fields = form_of(page.text) | {
            "username": user_name,
            "password": password,
            "confirmPassword": password,
        }
        action = re.search(r'<form[^>]*action="([^"]*)"', page.text)
        return browser.post(page.url.join(action[1] if action else ""), data=fields)


def signs_in(url, user_name, password):
    """Return whether the CRM accepts this user name and password."""
    with httpx.Client() as browser:
        token = form_of(browser.get(f"{url}index.php").text)["__vtrftk"]
        fields = {"__vtrftk": token, "module": "Users", "action": "Login"}
        answer = browser.post(f"{url}index.php", data=fields | {"username": user_name, "password": password})
        return answer.status_code == 302 and "error" not in answer.headers["location"]

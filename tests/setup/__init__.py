"""Setting Parley up: from a checkout, as a wheel, as an image; today, and when everything has newer releases."""

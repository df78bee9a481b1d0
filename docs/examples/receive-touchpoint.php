<?php
// Receives touchpoints from Leadgate, and refuses every request that Leadgate has not signed.
//
//     LEADGATE_WEBHOOK_SECRET=whsec_... php -S 127.0.0.1:8080 receive-touchpoint.php
//
// Needs PHP 8, and no package. On a web server, put the file where the URL of your destination points to.

declare(strict_types=1);

const TOLERANCE_S = 5 * 60;

/** Returns whether Leadgate has signed these bytes, within the last five minutes. */
function is_signed(string $secret, string $body): bool
{
    $id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
    $at = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    if (!ctype_digit($at) || abs(time() - (int) $at) > TOLERANCE_S) {
        return false;
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$at.$body", $secret, true));
    // During a rotation of the secret there are two signatures.
    foreach (explode(' ', $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '') as $signature) {
        if (hash_equals($expected, $signature)) {
            return true;
        }
    }
    return false;
}

/** Notes an id. Returns whether it is new. Keep the ids in your database, for a week or longer. */
function is_new(string $id): bool
{
    $folder = sys_get_temp_dir() . '/leadgate-touchpoints';
    @mkdir($folder, 0700);
    return @fopen("$folder/" . hash('sha256', $id), 'x') !== false;
}

/** Makes the contact. Put it into a queue here, and make it later: Leadgate waits for 15 seconds. */
function take(array $touchpoint, array $data): void
{
    error_log("$touchpoint[channel] $touchpoint[id] try $touchpoint[try]");
}

$secret = base64_decode(preg_replace('/^whsec_/', '', getenv('LEADGATE_WEBHOOK_SECRET') ?: ''));
if (strlen($secret) < 24) {
    http_response_code(503);
    exit('LEADGATE_WEBHOOK_SECRET is not set');
}
$body = file_get_contents('php://input');
if (!is_signed($secret, $body)) {
    http_response_code(401);
    exit;
}
$event = json_decode($body, true, flags: JSON_THROW_ON_ERROR);
$touchpoint = $event['data']['touchpoint'];
// Leadgate repeats a touchpoint under its id if an answer was lost. `test` is of `leadgate destination test`.
if (!$event['test'] && is_new($touchpoint['id'])) {
    take($touchpoint, $event['data']);
}
http_response_code(204);

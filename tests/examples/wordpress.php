<?php
/**
 * Loads WordPress with the plugin of docs/examples, and submits a form.
 *
 *     php tests/examples/wordpress.php <folder of WordPress> <JSON of the form's fields>
 *
 * WordPress is the real one, with a database that is always empty. Contact Form 7 is in no registry of CI, so this file
 * calls its action as it does. Events of WP-Cron run at once. Prints the response that the visitor sees.
 */

[ , $folder, $fields ] = $argv;
$database = <<<'PHP'
<?php
$wpdb = new class extends wpdb {
    public function __construct() { $this->ready = true; }
    public function query( $query ) { $this->last_result = array(); return 0; }
    public function _real_escape( $data ) { return addslashes( (string) $data ); }
    public function db_version() { return '8.0'; }
};
PHP;
file_put_contents( "$folder/wp-content/db.php", $database );

define( 'ABSPATH', "$folder/" );
define( 'WP_SITEURL', 'http://localhost' );
define( 'WP_HOME', 'http://localhost' );
define( 'WP_INSTALLING', true ); // otherwise WordPress would look for its tables
foreach ( array( 'LEADGATE_URL', 'LEADGATE_API_KEY', 'LEADGATE_WORKFLOW_ID' ) as $name ) {
    define( $name, getenv( $name ) );
}
$table_prefix         = 'wp_';
$_SERVER['HTTP_HOST'] = 'localhost';
require ABSPATH . 'wp-settings.php';
error_reporting( E_ALL & ~E_DEPRECATED ); // of WordPress itself
require __DIR__ . '/../../docs/examples/wordpress.php';

$run_at_once = function ( $done, $event ) {
    do_action_ref_array( $event->hook, $event->args );
    return true;
};
add_filter( 'pre_schedule_event', $run_at_once, 10, 2 );

/** The part of Contact Form 7's class that its action gives to plugins. */
class Submission {
    public string $status   = 'init';
    public string $response = 'Thank you for your message.';

    public function __construct( private array $posted ) {}

    public function get_posted_data() {
        return $this->posted;
    }

    public function set_status( $status ) {
        $this->status = $status;
    }

    public function set_response( $response ) {
        $this->response = $response;
    }
}

$abort      = false;
$submission = new Submission( json_decode( $fields, true ) );
do_action_ref_array( 'wpcf7_before_send_mail', array( null, &$abort, $submission ) );
echo json_encode( array( $abort, $submission->status, $submission->response ) ), "\n";

<?php
/**
 * Plugin Name: Leadgate for Contact Form 7
 * Description: Sends the forms of Contact Form 7 to Leadgate as leads.
 * Requires PHP: 8.0
 *
 * Copy this file into wp-content/plugins, add these lines to wp-config.php, and activate the plugin:
 *
 *     define( 'LEADGATE_URL', 'https://...' );  // the API's URL
 *     define( 'LEADGATE_API_KEY', 'nxr_live_...' );
 *     define( 'LEADGATE_WORKFLOW_ID', '...' );  // enrols each lead; without this line, no workflow
 */

/** The fields of the form, and the fields of the lead. Leadgate stores other fields in the lead's metadata. */
const LEADGATE_FIELDS = array(
    'your-name'    => 'first_name',
    'your-email'   => 'email',
    'your-phone'   => 'phone',
    'your-message' => 'message',
);
const LEADGATE_TRIES  = 6;

/** Creates the lead before Contact Form 7 sends its mail. If a field is wrong, the visitor sees why. */
function leadgate_of_form( $form, &$abort, $submission ) {
    $posted = $submission->get_posted_data();
    $lead   = array( 'source' => 'web form' );
    foreach ( LEADGATE_FIELDS as $name => $field ) {
        $lead[ $field ] = $posted[ $name ] ?? '';
    }
    if ( defined( 'LEADGATE_WORKFLOW_ID' ) ) {
        $lead['workflow_id'] = LEADGATE_WORKFLOW_ID;
    }
    $problems = leadgate_send( $lead, wp_generate_uuid4() );
    if ( $problems ) {
        $abort = true;
        $submission->set_status( 'validation_failed' );
        $submission->set_response( implode( '. ', $problems ) );
    }
}
add_action( 'wpcf7_before_send_mail', 'leadgate_of_form', 10, 3 );

/**
 * Sends a lead, and returns the messages for wrong fields. If Leadgate cannot take the lead now, WP-Cron sends it later.
 * Each try has the same key, so that a lost answer does not create a second lead.
 */
function leadgate_send( $lead, $idempotency_key, $attempt = 1 ) {
    $response = wp_remote_post(
        LEADGATE_URL . '/api/public/leads',
        array(
            'timeout' => 10,
            'headers' => array(
                'X-API-Key'       => LEADGATE_API_KEY,
                'Content-Type'    => 'application/json',
                'Idempotency-Key' => $idempotency_key,
            ),
            'body'    => wp_json_encode( $lead ),
        )
    );
    $status   = (int) wp_remote_retrieve_response_code( $response );
    $reply    = json_decode( wp_remote_retrieve_body( $response ), true ) ?? array();
    if ( 201 === $status ) {
        foreach ( array_filter( array( $reply['warning'] ?? '', ...( $reply['hints'] ?? array() ) ) ) as $sentence ) {
            error_log( "Leadgate, lead {$reply['lead']['id']}: $sentence" );
        }
        return array();
    }
    // The log has no messages about fields, because they can hold what the visitor typed.
    $title   = is_wp_error( $response ) ? $response->get_error_message() : ( $reply['error'] ?? $reply['message'] ?? '' );
    $details = $reply['details'] ?? array();
    $fields  = implode( ', ', array_column( $details, 'field' ) );
    error_log( "Leadgate: $status $title $fields (request " . ( $reply['request_id'] ?? 'unknown' ) . ')' );
    if ( in_array( $status, array( 0, 409, 429, 500, 502, 503, 504 ), true ) && $attempt < LEADGATE_TRIES ) {
        $wait = max( 60 * 2 ** $attempt, (int) wp_remote_retrieve_header( $response, 'retry-after' ) );
        wp_schedule_single_event( time() + $wait, 'leadgate_send', array( $lead, $idempotency_key, $attempt + 1 ) );
    }
    // Parts of messages that only concern the owner of the site are left out.
    $for_the_owner = "/, the account's default_country|: the workflow has a call step/";
    $for_a_visitor = static function ( $detail ) use ( $for_the_owner ) {
        $message = preg_replace( $for_the_owner, '', $detail['message'] );
        $label   = ucfirst( str_replace( '_', ' ', $detail['field'] ) );
        return preg_replace( '/^' . preg_quote( $detail['field'], '/' ) . '\b/', $label, $message );
    };
    return array_map( $for_a_visitor, $details );
}
add_action( 'leadgate_send', 'leadgate_send', 10, 3 );
